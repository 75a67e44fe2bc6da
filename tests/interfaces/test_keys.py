"""R14 through the API: a key reads and writes the fields of its written request, and nothing else, while it lives."""

from decimal import Decimal

import pytest

from core.models import BinnedRow, Event
from crm.models import Company, Contact
from interfaces import actions
from interfaces.models import Call, WrittenRequest
from tests.contract.api import faults, problem
from tests.interfaces.conftest import signed_request

LIST = "/api/crm/companies/"
THREE = {"crm.company": {"read": ["name", "city", "siren"]}}


# --- reading --------------------------------------------------------------------------------------------------------
def test_an_interface_of_three_fields_reads_exactly_these(program, make_company):
    row = make_company("Dupont", city="Brest", siren="552100554", email="secret@dupont.example", note="confidentiel")
    ours = program(THREE)
    assert ours.get(LIST).json()["results"] == [{"id": row.pk, "name": "Dupont", "siren": "552100554", "city": "Brest"}]
    assert ours.get(f"{LIST}{row.pk}/").json() == {
        "id": row.pk, "name": "Dupont", "siren": "552100554", "city": "Brest",
    }  # fmt: skip
    assert ours.get(LIST, fields="city").json()["results"] == [{"id": row.pk, "city": "Brest"}]
    calls = Call.objects.order_by("id").values_list("status", "rows", "refusal", "resource", "method", "key")
    assert list(calls) == [(200, 1, "", "crm.company", "GET", ours.key.pk)] * 3


def test_a_fourth_field_is_refused_with_its_name_and_the_request_and_it_is_in_the_journal(program, make_company):
    make_company("Dupont", email="secret@dupont.example")
    ours = program(THREE)
    answer = ours.get(LIST, fields="name,email")
    told = problem(answer, 403)
    assert told["type"].endswith("#outside-request")
    assert f"n° {ours.request.pk}" in told["detail"] and "« email »" in told["detail"]
    assert faults(answer, 403) == {"email": "outside_request"} and "secret" not in answer.content.decode()
    call = Call.objects.get()
    assert (call.status, call.refusal, call.fields, call.rows) == (403, "fields", ["email"], 0)


@pytest.mark.parametrize(
    "params", [{"sort": "-updated_at"}, {"relation": "customer"}, {"q": "dup"}, {"credit_min": "5"}, {"owner": "1"},
               {"tags": "1"}, {"nothing": "1"}],
)  # fmt: skip
def test_what_would_tell_a_value_of_another_field_is_refused(program, make_company, params):
    """A filter, a sort and the search read fields too."""
    make_company("Dupont")
    ours = program(THREE)
    told = problem(ours.get(LIST, **params), 403)
    assert f"« {next(iter(params)) if 'sort' not in params else 'updated_at'} »" in told["detail"]
    assert Call.objects.get().refusal == "fields"


def test_filters_and_sorts_of_fields_that_it_reads_are_its_own(program, make_company):
    make_company("Abel", city="Brest", relation="prospect")
    make_company("Zoé", city="Lyon", relation="customer")
    ours = program({"crm.company": {"read": ["name", "relation"]}})
    answer = ours.get(LIST, sort="-name", count="true").json()
    assert [row["name"] for row in answer["results"]] == ["Zoé", "Abel"] and answer["count"] == 2
    assert [row["name"] for row in ours.get(LIST, relation="customer").json()["results"]] == ["Zoé"]


def test_no_order_nor_cursor_tells_what_it_may_not_read(program, make_company):
    for name in ("Zoé", "Abel", "Marc"):
        make_company(name, city="Brest")
    ours = program({"crm.company": {"read": ["naf"]}})
    first = ours.get(LIST, page_size=2).json()
    keys = [row["id"] for row in first["results"]]
    assert keys == sorted(keys)
    import base64

    cursor = first["next"].partition("after=")[2].partition("&")[0]
    assert b"abel" not in base64.urlsafe_b64decode(cursor + "==").lower()
    assert len(ours.http.get(first["next"]).json()["results"]) == 1


def test_only_the_rows_of_the_request_are_there(program, make_company):
    theirs, other = make_company("Client", relation="customer"), make_company("Prospect", relation="prospect")
    ours = program({"crm.company": {"read": ["name"], "written": ["name", "relation"], "rows": "relation=customer"}})
    assert [row["id"] for row in ours.get(LIST).json()["results"]] == [theirs.pk]
    problem(ours.get(f"{LIST}{other.pk}/"), 404)
    problem(ours.patch(f"{LIST}{other.pk}/", {"name": "Pris"}), 404)
    # Nor does it write a row out of its reach, or into it from nowhere.
    problem(ours.patch(f"{LIST}{theirs.pk}/", {"relation": "prospect"}), 422)
    problem(ours.post(LIST, {"name": "Autre", "relation": "prospect"}), 422)
    assert ours.post(LIST, {"name": "Autre", "relation": "customer"}).status_code == 201
    other.refresh_from_db()
    assert other.name == "Prospect" and Company.objects.get(pk=theirs.pk).relation == "customer"


def test_a_filter_that_no_longer_means_anything_gives_no_row_at_all(program, make_company, monkeypatch):
    from interfaces import principal

    make_company("Client", relation="customer")
    ours = program({"crm.company": {"read": ["name"], "rows": "relation=customer"}})
    monkeypatch.setattr(principal, "parameters_of", lambda bound: set())
    assert ours.get(f"{LIST}1/").status_code == 404 and Company.objects.exists()
    monkeypatch.undo()
    assert len(ours.get(LIST).json()["results"]) == 1


def test_other_lists_the_description_and_the_pages_stay_shut(program, atelier):
    ours = program(THREE)
    assert "« Contacts »" in problem(ours.get("/api/crm/contacts/"), 403)["detail"]
    problem(ours.get("/api/schema"), 403)
    problem(ours.get("/api/anything"), 403)
    for url in ("/", "/crm/companies/", "/settings/interfaces/", "/api/docs"):
        assert ours.http.get(url).status_code == 302, url
    assert list(Call.objects.order_by("id").values_list("refusal", flat=True)) == ["resource", "address", "address"]


# --- sensitive fields -----------------------------------------------------------------------------------------------
def test_a_sensitive_field_is_there_only_where_the_request_names_it(program, make_company):
    make_company("Dupont", credit_limit=Decimal("98765.43"))
    without = program({"crm.company": {"read": ["name"]}})
    assert "98765" not in without.get(LIST).content.decode()
    problem(without.get(LIST, fields="credit_limit"), 403)
    named = program({"crm.company": {"read": ["name", "credit_limit"]}}, name="Banque")
    assert named.get(LIST).json()["results"][0]["credit_limit"] == "98765.43"


def test_nobody_gives_what_they_may_not_see(atelier, person_without_credit):
    draft = signed_request({"crm.company": {"read": ["name", "credit_limit"]}})
    with pytest.raises(Exception, match="encours"):
        actions.put_in_force(draft, by=person_without_credit)
    assert WrittenRequest.objects.get(pk=draft.pk).is_draft


@pytest.fixture
def person_without_credit(atelier):
    from core.accounts.models import Role, User

    user = User.objects.create_user("plain@atelier.example")
    user.roles.add(Role.objects.create(name="Sans encours", levels={"crm": "manage", "settings": "manage"}))
    return user


# --- writing --------------------------------------------------------------------------------------------------------
def test_it_writes_the_fields_of_its_request_and_the_history_names_it(program):
    ours = program({"crm.company": {"read": ["name"], "written": ["name", "city"]}}, name="Boutique")
    answer = ours.post(LIST, {"name": "Dupont", "city": "Brest"})
    assert answer.status_code == 201 and answer.json().keys() == {"id", "name"}
    row = Company.objects.get()
    assert (row.name, row.city, row.owner) == ("Dupont", "Brest", None)
    event = Event.objects.filter(model="crm.company").get()
    assert event.actor_id is None and event.actor_name == f"Interface « Boutique » (n° {ours.request.pk})"
    assert event.operation == f"interface:{ours.request.pk}" and event.screen == "api-rows"
    assert ours.patch(f"{LIST}{row.pk}/", {"city": "Quimper"}).status_code == 200


def test_a_field_that_it_may_not_write_stops_the_whole_call(program, make_company):
    row = make_company("Dupont", city="Brest", note="à garder")
    ours = program({"crm.company": {"read": ["name", "note"], "written": ["city"]}})
    answer = ours.patch(f"{LIST}{row.pk}/", {"city": "Lyon", "note": "effacé", "credit_limit": "5"})
    assert faults(answer, 403) == {"note": "outside_request", "credit_limit": "outside_request"}
    problem(ours.patch(f"{LIST}{row.pk}/", {"custom": {"f1": "x"}}), 403)
    row.refresh_from_db()
    assert (row.city, row.note) == ("Brest", "à garder")
    assert Call.objects.order_by("id").first().fields == ["note", "credit_limit"]
    assert ours.patch(f"{LIST}{row.pk}/", {"city": "Lyon"}).json() == {
        "id": row.pk,
        "name": "Dupont",
        "note": "à garder",
    }
    row.refresh_from_db()
    assert (row.city, row.note) == ("Lyon", "à garder")


def test_direction_binds_whatever_the_fields_say(program, make_company):
    row = make_company("Dupont")
    fields = {"crm.company": {"read": ["name"], "written": ["name"], "deletes": True}}
    out = program(fields, direction="out")
    assert out.get(LIST).status_code == 200
    for answer in (
        out.post(LIST, {"name": "X"}),
        out.patch(f"{LIST}{row.pk}/", {"name": "X"}),
        out.delete(f"{LIST}{row.pk}/"),
    ):
        problem(answer, 403)
    into = program(fields, direction="in", name="Entrée")
    problem(into.get(LIST), 403)
    problem(into.get(f"{LIST}{row.pk}/"), 403)
    assert into.post(LIST, {"name": "Nouvelle"}).json().keys() == {"id"}
    assert Company.objects.count() == 2


def test_it_deletes_only_where_the_request_says_so(program, make_company):
    row = make_company("Dupont")
    problem(program({"crm.company": {"written": ["name"]}}).delete(f"{LIST}{row.pk}/"), 403)
    assert Company.objects.exists()
    assert program({"crm.company": {"read": ["name"], "deletes": True}}).delete(f"{LIST}{row.pk}/").status_code == 204
    assert BinnedRow.objects.get().by is None


def test_writing_one_list_opens_no_writing_in_another_of_the_module(program, make_company):
    row = Contact.objects.create(last_name="Le Goff")
    ours = program({"crm.company": {"written": ["name"]}, "crm.contact": {"read": ["last_name"]}})
    problem(ours.patch(f"/api/crm/contacts/{row.pk}/", {"last_name": "Changé"}), 403)
    row.refresh_from_db()
    assert row.last_name == "Le Goff"


def test_a_form_that_speaks_of_its_own_fields_is_written_by_an_interface_that_has_few_of_them(program):
    ours = program({"crm.contact": {"read": ["last_name"], "written": ["last_name", "email"]}})
    assert ours.post("/api/crm/contacts/", {"last_name": "Le Goff", "email": "a@exemple.fr"}).status_code == 201
    row = Contact.objects.get()
    assert ours.patch(f"/api/crm/contacts/{row.pk}/", {"email": "b@exemple.fr"}).json() == {
        "id": row.pk, "last_name": "Le Goff",
    }  # fmt: skip
    row.refresh_from_db()
    assert row.email == "b@exemple.fr"


def test_tags_and_files_pass_only_where_the_request_names_them(program, make_company):
    from core.actions.tags import tag_named, tag_row

    row = make_company("Dupont")
    tag_row(row, tag_named("VIP"))
    ours = program({"crm.company": {"read": ["name"], "written": ["city"]}})
    assert ours.get(f"{LIST}{row.pk}/").json().keys() == {"id", "name"}
    problem(ours.get(f"{LIST}{row.pk}/files/"), 404)
    assert faults(ours.patch(f"{LIST}{row.pk}/", {"tags": []}), 403) == {"tags": "outside_request"}
    with_tags = program({"crm.company": {"read": ["tags"], "written": ["tags"]}}, name="Étiquettes")
    assert with_tags.patch(f"{LIST}{row.pk}/", {"tags": ["VIP", "Essai"]}).json() == {
        "id": row.pk,
        "tags": ["Essai", "VIP"],
    }
