"""« Champs propres »: administrators make, change, order, archive and delete the fields of their records."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.custom.definitions import definitions_kept, fields_of
from core.custom.privacy import declared_here
from core.models import CustomField, Event, Job
from core.personal_data import PD, KeepUntil, NotPersonal, Review
from crm.models import Company
from crm.resources import CompanyResource, ContactResource
from tests.contract.conftest import filled
from tests.core.custom_fields import OPTIONS, make_all, make_field

URL = "/settings/fields/"
NEW = f"{URL}new/?resource=crm.company"
PLAIN = {"label": "Parrain", "personal": "no", "reason": "une société", "audit": "value"}
PERSONAL = {
    "label": "Loisirs", "personal": "yes", "category": "preferences", "basis": "consent", "origin": "subject",
    "sensitivity": "ordinary", "erase": "null", "audit": "value", "portable": "on",
}  # fmt: skip


@pytest.fixture
def boss(atelier, signed_in):
    return signed_in(atelier, "administrator")


def make(browser, kind="text", **fields):
    answer = browser.post(f"{NEW}&kind={kind}", {**PLAIN, **fields})
    assert answer.status_code == 302, answer.context["form"].errors
    return CustomField.objects.latest("pk")


def refused(browser, kind="text", **fields):
    answer = browser.post(f"{NEW}&kind={kind}", {**PLAIN, **fields})
    assert answer.status_code == 200
    return {name: " ".join(errors) for name, errors in answer.context["form"].errors.items()}


def test_only_administrators_come_here(atelier, signed_in, boss):
    field = make(boss)
    for url in (URL, NEW, f"{NEW}&kind=text", f"{URL}{field.pk}/", f"{URL}{field.pk}/deletion/"):
        assert signed_in(atelier).get(url).status_code == 403, url
        assert boss.get(url).status_code == 200, url
    assert URL in boss.get("/").content.decode() and URL not in signed_in(atelier).get("/").content.decode()


def test_a_kind_is_chosen_by_its_example_then_described(boss):
    page = boss.get(NEW).content.decode()
    for word in ("Texte", "Montant", "Choix multiple", "Case à cocher", "kind=money"):
        assert word in page
    field = make(boss, "money", label="Budget", in_list="on", sortable="on")
    assert (field.kind, field.in_list, field.sortable) == ("money", True, True)
    assert "Budget" in boss.get(f"{URL}?resource=crm.company").content.decode()
    assert "Budget" in boss.get("/crm/companies/new/").content.decode()
    event = Event.objects.filter(model="core.customfield").latest("pk")
    assert (event.kind, event.object_id, event.actor_name) == ("created", field.pk, "Admin Test")


def test_the_registry_of_personal_data_asks_first(boss):
    assert "personal" in refused(boss, personal="")
    assert "reason" in refused(boss, reason="")
    assert "semble personnel" in refused(boss, label="Nom du conjoint", reason="")["reason"]
    assert make(boss, label="Nom du conjoint", reason="le nom d’un bateau").reason == "le nom d’un bateau"
    for name in ("category", "origin", "erase"):
        assert name in refused(boss, **{**PERSONAL, name: ""}), name
    assert "reserved_for" in refused(boss, **{**PERSONAL, "sensitivity": "special"})
    assert "basis" in refused(
        boss, **{**PERSONAL, "sensitivity": "special", "basis": "interest", "reserved_for": "manage"}
    )
    assert {"ground", "years"} <= refused(boss, **{**PERSONAL, "erase": "keep"}).keys()
    assert "erase" in refused(boss, **{**PERSONAL, "category": "free text"})
    field = make(boss, **PERSONAL)
    assert field.personal and field.portable and field.reason == ""


def test_the_registry_then_names_them_for_this_client_only(boss, horizon, within):
    plain, loved = make(boss), make(boss, **PERSONAL)
    kept = make(boss, **{**PERSONAL, "label": "Garde", "erase": "keep", "ground": "C. com. L123-22", "years": "10"})
    read = make(boss, **{**PERSONAL, "label": "Mémo", "category": "free text", "erase": "review"})
    said = {one.model: one for one in declared_here()}[Company].fields
    assert said[plain.key] == NotPersonal("une société")
    assert isinstance(said[loved.key], PD) and said[loved.key].portable and said[loved.key].basis == "consent"
    assert said[kept.key].erase == KeepUntil("C. com. L123-22", years=10, since="created_at")
    assert isinstance(said[read.key].erase, Review) and said[read.key].third_party
    with within(horizon):
        assert loved.key not in {one.model: one for one in declared_here()}[Company].fields


def test_what_makes_no_sense_is_refused_in_french(boss):
    assert "label" in refused(boss, label="")
    assert "label" in refused(boss, label="x" * 100_000)
    assert "se lise" in refused(boss, label="…!!")["label"]
    assert "déjà un champ" in refused(boss, label="VILLE")["label"]
    make(boss, label="Couleur préférée")
    assert "déjà un champ" in refused(boss, label="couleur PRÉFÉREE\x00")["label"]
    assert (
        boss.post(f"{URL}new/?resource=crm.contact&kind=text", {**PLAIN, "label": "Couleur préférée"}).status_code
        == 302
    )
    assert boss.get(f"{URL}new/?resource=crm.nothing").status_code == 404
    assert boss.post(f"{NEW}&kind=blob", PLAIN).status_code == 404
    assert "options" in refused(boss, "choice")
    assert "deux fois" in refused(boss, "choice", options_label=["Été", "ete"])["options"]
    assert "200" in refused(boss, "choice", options_label=[f"Option {n}" for n in range(250)])["options"]
    assert "soixante" in refused(boss, "choice", options_label=["x" * 61])["options"]
    page = boss.post(f"{NEW}&kind=choice", {**PLAIN, "label": "<script>1</script>", "options_label": ["<b>"]})
    assert page.status_code == 302
    assert (
        "<script>1" not in boss.get(URL).content.decode()
        and "<script>1" not in boss.get("/crm/companies/").content.decode()
    )


def test_options_keep_their_numbers_and_those_in_use_are_archived(boss):
    field = make(
        boss, "choice", label="Couleur", options_label=["Bleu", "Rouge", "", "Vert"], options_hue=["1", "2", "0", "9"]
    )
    assert [(o["id"], o["label"], o["hue"]) for o in field.options] == [
        ("o1", "Bleu", 1),
        ("o2", "Rouge", 2),
        ("o3", "Vert", 0),
    ]
    Company.objects.create(name="A", custom={field.key: "o2"})
    url = f"{URL}{field.pk}/"
    form = {**PLAIN, "label": "Teinte", "options_id": ["o3", "o1", ""], "options_label": ["Vert", "Bleu roi", "Jaune"]}
    assert boss.post(url, form).status_code == 302
    field.refresh_from_db()
    kept = [(o["id"], o["label"], o.get("archived", False)) for o in field.options]
    assert kept == [("o3", "Vert", False), ("o1", "Bleu roi", False), ("o4", "Jaune", False), ("o2", "Rouge", True)]
    assert field.label == "Teinte" and field.kind == "choice"


def test_kind_and_reservation_stay_what_they_were(boss):
    field = make(boss, reserved_for="manage")
    key = field.key
    assert key.startswith("r")
    page = boss.get(f"{URL}{field.pk}/").content.decode()
    assert 'value="crm.view_credit"' in page and 'name="kind"' not in page
    assert boss.post(f"{URL}{field.pk}/", {**PLAIN, "reserved_for": "", "kind": "date"}).status_code == 200
    assert boss.post(f"{URL}{field.pk}/", {**PLAIN, "reserved_for": "crm.view_credit"}).status_code == 302
    field.refresh_from_db()
    assert (field.kind, field.reserved_for, field.key) == ("text", "crm.view_credit", key)


def test_the_order_is_that_of_the_form(boss):
    one, two, three = (make(boss, label=label) for label in ("Un", "Deux", "Trois"))
    boss.post(f"{URL}order/", {"resource": "crm.company", "order": [three.pk, one.pk, two.pk, 999, "x"], "fetch": "1"})
    boss.post(f"{URL}order/", {"resource": "crm.company", "order": [three.pk, one.pk, two.pk], "up": two.pk})
    assert [field.definition.label for field in fields_of(Company)] == ["Trois", "Deux", "Un"]


def test_archived_then_restored_with_its_values(boss):
    field = make(boss, label="Parrain")
    row = Company.objects.create(name="A", custom={field.key: "Zélie"})
    assert boss.post(f"{URL}{field.pk}/archive/").status_code == 302
    assert "Zélie" not in boss.get(f"/crm/companies/{row.pk}/").content.decode().split("<aside")[-1]
    assert "Archivés" in boss.get(f"{URL}?resource=crm.company").content.decode()
    assert boss.post(f"{URL}{field.pk}/restoration/").status_code == 302
    assert "Zélie" in boss.get(f"/crm/companies/{row.pk}/").content.decode()


def test_deleted_at_once_without_values_and_by_a_job_with_them(boss, atelier):
    empty, full = make(boss, label="Vide"), make(boss, label="Plein")
    assert boss.post(f"{URL}{empty.pk}/deletion/", {"count": "0"}).status_code == 302
    empty.refresh_from_db()
    assert empty.erased_at and not Job.objects.exists()
    rows = [Company.objects.create(name=f"S{n}", custom={full.key: f"v{n}"}) for n in range(3)]
    asked = boss.get(f"{URL}{full.pk}/deletion/")
    assert "3 fiches" in asked.content.decode()
    assert boss.post(f"{URL}{full.pk}/deletion/", {"count": "3"}).status_code == 200, "unsure"
    assert boss.post(f"{URL}{full.pk}/deletion/", {"count": "2", "sure": "on"}).status_code == 200, "another number"
    assert boss.post(f"{URL}{full.pk}/deletion/", {"count": "3", "sure": "on"}).status_code == 302
    job = Job.objects.get()
    assert (job.kind, job.args) == ("custom-erase", {"field": full.pk})

    from core.custom.erasing import run_erase

    class Told:
        total = advance = staticmethod(lambda *args, **kwargs: None)

    result = run_erase(Told(), field=full.pk)
    assert "3" in result.message
    full.refresh_from_db()
    assert full.erased_at and not Company.objects.filter(custom__has_key=full.key).exists()
    history = boss.get(f"/crm/companies/{rows[1].pk}/history/").content.decode()
    assert "Plein" in history and "v1" in history, "the history still tells it"
    assert boss.get(f"{URL}{full.pk}/").status_code == 404
    assert make(boss, label="Plein").pk != full.pk, "the name is free again"


def test_erasing_reaches_into_the_bin(boss):
    from core.custom.erasing import erase_field
    from core.models import BinnedRow

    field = make(boss)
    row = Company.objects.create(name="A", custom={field.key: "Zyqov"})
    boss.post(f"/crm/companies/{row.pk}/delete/")
    erase_field(field, by=None)
    binned = BinnedRow.objects.get(object_id=row.pk)
    assert "Zyqov" not in str(binned.content)
    boss.post(f"/bin/{binned.pk}/restoration/")
    assert Company.objects.get(pk=row.pk).custom == {}


def test_the_preview_shows_what_is_typed_so_far(boss):
    answer = boss.post(
        f"{NEW}&kind=choice", {"preview": "1", "label": "Teinte <b>", "help": "Au choix", "options_label": ["Azur"]}
    )
    text = answer.content.decode()
    assert "Teinte &lt;b&gt;" in text and "Au choix" in text and "Azur" in text and "<html" not in text


def test_a_list_of_nobody_takes_no_personal_field(boss, monkeypatch):
    from dataclasses import replace

    from core import personal_data

    monkeypatch.setattr(Company, personal_data._ATTRIBUTE, replace(Company._personal_data, reason="des concurrents"))
    assert "concurrents" in refused(boss, **PERSONAL)["personal"]


def test_pages_ask_nothing_more_of_the_database_for_them(make_client, within):
    """In the steady state; and the other processes follow a change at once."""
    from core.accounts.models import User
    from core.custom import definitions
    from tests.conftest import visitor

    client = make_client("propre")
    browser = visitor(client)
    with within(client):
        browser.force_login(User.objects.get(email="admin@propre.example"))
        Company.objects.create(name="A")

    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as found:
            assert browser.get("/crm/companies/?view=all").status_code == 200
        return [query["sql"] for query in found if "SET " not in query["sql"]]

    queries()
    without = queries()
    with within(client):
        make_all(CompanyResource, in_list=True, filterable=True, sortable=True)
    assert "Champ money" in browser.get("/crm/companies/?view=all").content.decode()
    assert len(queries()) == len(without) and not [sql for sql in queries() if "core_customfield" in sql]
    # Another process has its own memory: only the version in Redis tells it.
    kept = dict(definitions._kept)
    with within(client):
        make_field(CompanyResource, label="Venu d’ailleurs")
    definitions._kept.clear()
    definitions._kept.update(kept)
    assert "Venu d’ailleurs" in browser.get("/crm/companies/new/").content.decode()


def test_definitions_taken_back_are_taken_back_for_all(make_client, within):
    from django.db import transaction

    client = make_client("repenti", people=False)
    with within(client):
        with pytest.raises(RuntimeError), transaction.atomic(), definitions_kept():
            make_field(ContactResource)
            assert len(fields_of(ContactResource.model)) == 1
            raise RuntimeError
        assert fields_of(ContactResource.model) == []


def test_a_form_that_is_sent_back_is_the_same(boss):
    field = make(boss, "choice", label="Couleur", options_label=["Bleu", "Rouge"], filterable="on", help="Au pif")
    url = f"{URL}{field.pk}/"
    before = CustomField.objects.filter(pk=field.pk).values().get()
    assert boss.post(url, {**filled(boss.get(url)), "filterable": "on"}).status_code == 302
    after = CustomField.objects.filter(pk=field.pk).values().get()
    assert {**before, "updated_at": None} == {**after, "updated_at": None}
    assert [option["label"] for option in before["options"]] == ["Bleu", "Rouge"] and OPTIONS
