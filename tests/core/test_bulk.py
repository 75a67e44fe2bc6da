"""Many rows at once: asked with a number, done whole or not at all, recorded; refusals as much as success."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.accounts.models import Role, User
from core.models import BinnedRow, Event, Tagging
from crm.models import Company, Contact

URL = "/crm/companies/"
BULK = f"{URL}bulk/"


def ask(browser, action: str, rows=(), query: str = "", **data):
    return browser.post(f"{BULK}?{query}", {"action": action, "ids": [row.pk for row in rows], **data})


def confirm(browser, asked, **data):
    """What the page that asked sends back, with what the person typed."""
    shown = asked.context
    sent = {"action": shown["gesture"].name, "stamp": shown["stamp"]}
    sent |= {"all": "1"} if shown["everything"] else {"ids": shown["ids"]}
    return browser.post(shown["action_url"], {**sent, **data})


@pytest.fixture
def user(atelier):
    return User.objects.get(email="sales@atelier.example")


@pytest.fixture
def three(make_company):
    return [make_company(f"Maison {number}") for number in range(3)]


def test_only_the_ticked_fields_are_written_on_the_chosen_rows(sales, three):
    asked = ask(sales, "edit", three[:2])
    assert asked.context["count"] == 2
    answer = confirm(sales, asked, set=["relation"], relation="customer", source="Salon")
    assert answer.status_code == 302
    values = list(Company.objects.order_by("name").values_list("relation", "source"))
    assert values == [("customer", ""), ("customer", ""), ("prospect", "")]


def test_everything_filtered_is_changed_and_nothing_else(sales, three, make_company):
    make_company("Autre")
    asked = ask(sales, "edit", query="q=maison", all="1")
    assert asked.context["count"] == 3 and asked.context["everything"]
    confirm(sales, asked, set=["source"], source="Salon")
    assert set(Company.objects.filter(source="Salon").values_list("name", flat=True)) == {row.name for row in three}


def test_the_history_names_the_gesture_once_for_every_row(sales, three, user):
    confirm(sales, ask(sales, "edit", three), set=["relation"], relation="customer")
    events = Event.objects.filter(operation__startswith="bulk:")
    assert events.count() == 3 and len(set(events.values_list("operation", flat=True))) == 1
    assert set(events.values_list("actor_id", flat=True)) == {user.pk}


def test_rows_that_had_the_value_already_are_told_and_not_written(sales, three):
    Company.objects.filter(pk=three[0].pk).update(relation="customer")
    answer = sales.get(confirm(sales, ask(sales, "edit", three), set=["relation"], relation="customer")["Location"])
    assert "2 fiches modifiées. 1 l’était déjà." in answer.content.decode()
    assert Event.objects.filter(operation__startswith="bulk:").count() == 2


def test_the_selection_is_given_to_a_person(sales, three, user):
    confirm(sales, ask(sales, "assign", three), owner=str(user.pk))
    assert Company.objects.filter(owner=user).count() == 3
    confirm(sales, ask(sales, "assign", three), owner="")
    assert Company.objects.filter(owner=None).count() == 3


def test_a_person_who_left_is_given_nothing(sales, three):
    gone = User.objects.create_user("parti@atelier.example")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    answer = confirm(sales, ask(sales, "assign", three), owner=str(gone.pk))
    assert answer.status_code == 200 and not Company.objects.filter(owner=gone).exists()


def test_tags_are_put_on_and_taken_off(sales, three):
    confirm(sales, ask(sales, "tag", three), tags="Salon 2026, à rappeler")
    assert Tagging.objects.filter(active=True).count() == 6
    confirm(sales, ask(sales, "tag", three[:1]), tags="salon 2026", take_off="on")
    assert Tagging.objects.filter(active=True).count() == 5


def test_a_tag_without_a_name_is_refused(sales, three):
    assert confirm(sales, ask(sales, "tag", three), tags=" , ").status_code == 200
    assert confirm(sales, ask(sales, "tag", three), tags="!!!").status_code == 200


def test_deleted_rows_go_to_the_bin_together(sales, three):
    Contact.objects.create(last_name="Riou", company=three[0])
    answer = confirm(sales, ask(sales, "delete", three[:2]))
    assert answer.status_code == 302
    assert list(Company.objects.all()) == [three[2]] and Contact.objects.get().company is None
    assert len(set(BinnedRow.objects.values_list("operation", flat=True))) == 1


def test_what_changed_since_the_question_is_refused_with_its_count(sales, three):
    asked = ask(sales, "edit", three)
    three[1].city = "Brest"
    three[1].save()
    answer = confirm(sales, asked, set=["relation"], relation="customer")
    assert answer.status_code == 200 and "1 fiche a changé" in answer.content.decode()
    assert not Company.objects.filter(relation="customer").exists()
    assert confirm(sales, answer, set=["relation"], relation="customer").status_code == 302, "confirmed again"


def test_what_vanished_since_the_question_is_refused_with_its_count(sales, three):
    asked = ask(sales, "delete", query="q=maison", all="1")
    Company.objects.filter(pk=three[0].pk).delete()
    answer = confirm(sales, asked)
    assert answer.status_code == 200 and "1 n’est plus dans la sélection" in answer.content.decode()
    assert Company.objects.count() == 2


def test_a_row_that_came_meanwhile_is_not_deleted_unseen(sales, three, make_company):
    asked = ask(sales, "delete", query="q=maison", all="1")
    make_company("Maison nouvelle")
    assert confirm(sales, asked).status_code == 200
    assert Company.objects.count() == 4


@pytest.mark.parametrize("stamp", ["", "x", "eyJ9:1:2", "\x00"])
def test_a_forged_stamp_only_asks_again(sales, three, stamp):
    answer = sales.post(BULK, {"action": "delete", "ids": [three[0].pk], "stamp": stamp})
    assert answer.status_code == 200 and Company.objects.count() == 3


@pytest.mark.parametrize("action", ["edit", "assign", "tag", "delete"])
def test_who_only_reads_changes_nothing_in_bulk(reader, three, action):
    assert ask(reader, action, three).status_code == 403
    assert [gesture.name for gesture in reader.get(URL).context["gestures"]] == ["export"]


def test_what_was_deleted_in_bulk_comes_back_at_once_from_the_message(sales, three, make_company):
    make_company("Autre")
    before = list(Company.objects.values().order_by("pk"))
    answer = sales.get(confirm(sales, ask(sales, "delete", three))["Location"])
    assert Company.objects.count() == 1
    undo = re.search(r'<form method="post" action="(/bin/[^"]+/undo/)">', answer.content.decode())[1]
    answer = sales.post(undo, follow=True)
    assert "3 fiches restaurées." in answer.content.decode()
    assert list(Company.objects.values().order_by("pk")) == before and not BinnedRow.objects.exists()
    assert "n’est plus à annuler" in sales.post(undo, follow=True).content.decode()


def test_only_the_author_takes_a_deletion_in_bulk_back(sales, three, atelier, signed_in):
    confirm(sales, ask(sales, "delete", three))
    undo = f"/bin/{BinnedRow.objects.first().operation}/undo/"
    signed_in(atelier, "administrator").post(undo)
    assert Company.objects.count() == 0


def test_other_gestures_offer_nothing_to_take_back(sales, three):
    answer = sales.get(confirm(sales, ask(sales, "edit", three), set=["relation"], relation="customer")["Location"])
    assert "3 fiches modifiées." in answer.content.decode() and "/undo/" not in answer.content.decode()


def test_rows_out_of_reach_are_left_out_and_told(sales, three, user):
    Company.objects.filter(pk=three[0].pk).update(owner=user)
    Role.objects.filter(code="sales").update(scopes={"crm": "own"})
    asked = ask(sales, "edit", three)
    assert (asked.context["count"], asked.context["left_out"]) == (1, 2)
    confirm(sales, asked, set=["relation"], relation="customer")
    assert list(Company.objects.filter(relation="customer")) == [three[0]]


def test_rows_are_not_given_beyond_ones_own_reach(sales, three, user):
    Company.objects.update(owner=user)
    other = User.objects.get(email="reader@atelier.example")
    Role.objects.filter(code="sales").update(scopes={"crm": "own"})
    assert confirm(sales, ask(sales, "assign", three), owner=str(other.pk)).status_code == 200
    assert Company.objects.filter(owner=user).count() == 3


def test_a_yes_or_no_is_set_both_ways(sales, three):
    for value in ("1", "0"):
        confirm(sales, ask(sales, "edit", three), set=["is_supplier"], is_supplier=value)
        assert set(Company.objects.values_list("is_supplier", flat=True)) == {value == "1"}
    assert confirm(sales, ask(sales, "edit", three), set=["is_supplier"], is_supplier="2").status_code == 200


def test_a_wrong_value_is_refused_beside_its_field(sales, three):
    answer = confirm(sales, ask(sales, "edit", three), set=["relation"], relation="ennemi")
    assert answer.status_code == 200 and "relation" in answer.context["form"].errors
    assert confirm(sales, ask(sales, "edit", three), relation="customer").status_code == 200, "nothing ticked"


@pytest.mark.parametrize("field", ["name", "siren", "id", "search", "updated_at", "owner__password"])
def test_a_field_that_is_not_in_the_bulk_form_is_never_written(sales, three, field):
    before = list(Company.objects.values().order_by("pk"))
    assert confirm(sales, ask(sales, "edit", three), set=[field], **{field: "1"}).status_code == 200
    assert list(Company.objects.values().order_by("pk")) == before


def test_a_sensitive_field_is_not_changed_in_bulk_without_its_right(sales, three, monkeypatch):
    from crm.resources import CompanyResource

    monkeypatch.setattr(CompanyResource, "sensitive", {"source": "crm.view_credit"})
    Role.objects.filter(code="sales").update(rights=[])
    asked = ask(sales, "edit", three)
    assert 'name="source"' not in asked.content.decode()
    assert confirm(sales, asked, set=["source"], source="x").status_code == 200


@pytest.mark.parametrize("ids", [[], ["x"], ["0"], ["-1"], ["999999999999999999999999"], ["\x00"], ["1e3"]])
def test_a_selection_of_nothing_goes_back_to_the_list(sales, three, ids):
    answer = sales.post(BULK, {"action": "edit", "ids": ids}, follow=True)
    assert answer.status_code == 200 and "aucune ligne n’est choisie" in answer.content.decode()


def test_what_is_no_gesture_is_not_found(sales, three):
    assert ask(sales, "explode", three).status_code == 404
    assert sales.get(BULK).status_code == 302


def test_too_many_rows_are_refused(sales, three, monkeypatch):
    monkeypatch.setattr("core.actions.bulk.MAX_ROWS", 2)
    monkeypatch.setattr("core.views.bulk.MAX_ROWS", 2)
    answer = sales.post(f"{BULK}?q=maison", {"action": "delete", "all": "1"}, follow=True)
    assert "Au plus 2 lignes" in answer.content.decode() and Company.objects.count() == 3


def test_keys_of_other_pages_come_with_commas(sales, three):
    pks = ",".join(str(row.pk) for row in three)
    assert sales.post(BULK, {"action": "delete", "ids": pks}).context["count"] == 3


def test_one_statement_writes_the_rows_of_a_batch(sales, make_company):
    Company.objects.bulk_create([Company(name=f"M{number}") for number in range(300)])
    asked = ask(sales, "edit", query="", all="1")
    with CaptureQueriesContext(connection) as queries:
        confirm(sales, asked, set=["relation"], relation="customer")
    assert len([q for q in queries if q["sql"].startswith('UPDATE "crm_company"')]) == 1
    assert Company.objects.filter(relation="customer").count() == 300
