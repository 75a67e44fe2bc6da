"""An import is taken back as a whole or not at all, and what breaks in the middle leaves nothing behind."""

import pytest
from django.db import connection
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.accounts.models import User
from core.importing import engine, jobs, writing
from core.jobs import Cancelled, Running
from core.models import Event, ImportBatch, ImportState, Job
from crm.models import Company, Contact
from tests.core.importing import Desk, words
from tests.crm.sirene import establishments, legal_units, siren, siret

SIRENS = [siren(94000000 + number) for number in range(6)]
ONE, TWO, THREE = SIRENS[:3]


@pytest.fixture
def desk(atelier, signed_in, django_capture_on_commit_callbacks):
    return Desk(signed_in(atelier, "sales"), django_capture_on_commit_callbacks)


def content_of_table() -> list[dict]:
    """Every column that people or files fill, and the date of creation."""
    return list(
        Company.objects.order_by("pk").values(
            *(f.name for f in Company._meta.concrete_fields if f.name not in ("search", "updated_at"))
        )
    )


def lines() -> bytes:
    return establishments(
        {"siret": siret(ONE), "enseigne1": "UN", "libelleCommune": "LYON"}, {"siret": siret(TWO), "enseigne1": "DEUX"}
    )


def test_undo_gives_changed_rows_their_former_values(desk):
    Company.objects.create(name="Un", siren=ONE, siret=siret(ONE), city="Lyon 3e", note="gardée")
    before = content_of_table()
    desk.send(lines())
    desk.confirm()
    assert Company.objects.get(siren=ONE).city == "LYON"
    desk.undo()
    assert content_of_table() == before


def test_undo_is_refused_when_a_row_was_changed_since_and_names_it(desk):
    desk.send(lines())
    desk.confirm()
    changed = Company.objects.get(siren=ONE)
    desk.browser.post(
        reverse("crm-company-edit", args=[changed.pk]),
        {"name": "Un, repris", "kind": "business", "relation": "customer", "siret": siret(ONE)},
    )
    page = words(desk.undo())
    assert "Annulation impossible, rien n’a été changé" in page
    assert f"Un, repris (n° {changed.pk})" in page
    assert "DEUX" not in page.split("Annulation impossible")[1].split("corrigez")[0]
    assert Company.objects.count() == 2
    assert desk.batch.state == ImportState.DONE


def test_undo_is_refused_when_a_contact_hangs_on_a_created_row(desk):
    desk.send(lines())
    desk.confirm()
    Contact.objects.create(last_name="Petit", company=Company.objects.get(siren=TWO))
    assert "DEUX" in words(desk.undo())
    assert Company.objects.count() == 2


def test_undo_is_refused_when_a_created_row_was_deleted_since(desk):
    desk.send(lines())
    desk.confirm()
    Company.objects.get(siren=TWO).delete()
    assert "supprimée" in words(desk.undo())
    assert Company.objects.filter(siren=ONE).exists()


def test_imports_are_undone_from_the_newest_to_the_oldest(desk):
    before = content_of_table()
    desk.send(lines())
    desk.confirm()
    first = desk.batch
    desk.send(establishments({"siret": siret(ONE), "libelleCommune": "VILLEURBANNE"}))
    desk.confirm()
    with desk.capture(execute=True):
        desk.browser.post(reverse("import-undo", args=[first.pk]))
    assert "Annulation impossible" in words(desk.browser.get(reverse("import-batch", args=[first.pk])))
    desk.undo()
    with desk.capture(execute=True):
        desk.browser.post(reverse("import-undo", args=[first.pk]))
    assert content_of_table() == before


rows = st.lists(
    st.fixed_dictionaries(
        {
            "siren": st.sampled_from(SIRENS),
            "nic": st.integers(1, 3),
            "enseigne1": st.sampled_from(["", "ENSEIGNE", 'L\'« AUTRE », \\ "x"', "N" * 201, "[ND]"]),
            "libelleCommune": st.sampled_from(["", "NANTES", "RENNES"]),
            "etablissementSiege": st.sampled_from(["true", "false"]),
            "etatAdministratif": st.sampled_from("AAAFZ"),
            "statutDiffusion": st.sampled_from("OOP"),
        }
    ),
    min_size=1,
    max_size=12,
)
known = st.lists(
    st.tuples(st.sampled_from(SIRENS), st.sampled_from([0, 1, 2]), st.sampled_from(["NANTES", ""])), max_size=6
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=rows, companies=known, units=st.booleans(), chunk=st.sampled_from([1, 3, 1000]))
def test_import_then_undo_leaves_every_row_as_before(desk, monkeypatch, file, companies, units, chunk):
    """And both passes decide alike, however the file is cut into chunks."""
    monkeypatch.setattr(engine, "CHUNK", chunk)
    Contact.objects.all().delete()
    Company.objects.all().delete()
    for number, (of, nic, city) in enumerate(companies):
        if not nic or not Company.objects.filter(siret=siret(of, nic)).exists():
            Company.objects.create(name=f"C{number}", siren=of, siret=siret(of, nic) if nic else "", city=city)
    before = content_of_table()
    if units:
        content = legal_units(
            *(
                {"siren": r["siren"], "denomination": r["enseigne1"], "nicSiege": siret(r["siren"], r["nic"])[9:]}
                for r in file
            )
        )
    else:
        content = establishments(*({**r, "siret": siret(r["siren"], r["nic"]), "nic": ""} for r in file))
    desk.send(content)
    checked = desk.batch
    desk.confirm()
    done = desk.batch
    if checked.created + checked.updated:
        assert done.state == ImportState.DONE
        assert (done.created, done.updated, done.skipped, done.refused) == (
            checked.created, checked.updated, checked.skipped, checked.refused,
        )  # fmt: skip
        assert Company.objects.count() == len(before) + done.created
        desk.undo()
        assert desk.batch.state == ImportState.UNDONE
    assert content_of_table() == before


# --- what breaks in the middle ------------------------------------------------------------------------------------
def test_an_error_in_the_middle_imports_nothing_and_can_be_asked_again(desk, monkeypatch):
    monkeypatch.setattr(engine, "CHUNK", 1)
    write, calls = writing.write, []

    def fail_at_the_second(importer, drafts):
        calls.append(drafts)
        if len(calls) == 2:
            raise MemoryError
        write(importer, drafts)

    desk.send(lines())
    monkeypatch.setattr(engine, "write", fail_at_the_second)
    assert "rien n’a été changé" in words(desk.confirm())
    assert not Company.objects.exists()
    assert not Event.objects.filter(model="crm.company").exists()
    monkeypatch.undo()
    desk.confirm()
    assert Company.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "state", "back"),
    [(jobs.COMMIT, "running", "ready"), (jobs.UNDO, "undoing", "done"), (jobs.CHECK, "checking", "failed")],
)
@pytest.mark.parametrize("end", ["cancelled", "interrupted", "failed"])
def test_the_page_says_how_the_work_ended(desk, kind, state, back, end):
    desk.send(lines())
    job = jobs.start(kind, desk.batch, by=User.objects.get(email="sales@atelier.example"))
    ImportBatch.objects.update(state=state)
    Job.objects.filter(pk=job.pk).update(state=end, message="Voilà ce qui est arrivé.", finished_at="2026-01-01T00:00Z")
    assert "Voilà ce qui est arrivé." in words(desk.page())
    assert desk.batch.state == back


def test_work_that_waits_or_goes_on_is_left_alone(desk):
    desk.send(lines())
    jobs.start(jobs.COMMIT, desk.batch, by=User.objects.get(email="sales@atelier.example"))
    ImportBatch.objects.update(state="running")
    page = words(desk.page())
    assert "Import en cours…" in page and "Annuler" in page
    assert desk.batch.state == "running"


def test_a_cancellation_in_the_middle_of_the_commit_rolls_everything_back(desk, monkeypatch):
    monkeypatch.setattr(engine, "CHUNK", 1)
    desk.send(lines())
    seen = []

    def cancel_after_the_first(running, count=1, message=""):
        seen.append(Company.objects.count())
        if len(seen) == 2:
            raise Cancelled

    monkeypatch.setattr(Running, "advance", cancel_after_the_first)
    page = words(desk.confirm())
    assert seen == [1, 2]
    assert "Annulé : rien n’a été changé." in page
    assert not Company.objects.exists() and not Event.objects.filter(model="crm.company").exists()
    assert desk.state == "ready"
    monkeypatch.undo()
    desk.confirm()
    assert Company.objects.count() == 2


def test_lines_that_the_base_no_longer_takes_stop_the_import_and_are_shown(desk):
    """Between the check and the click, somebody gives the SIREN to two rows."""
    desk.send(legal_units({"siren": ONE, "denomination": "UN"}, {"siren": TWO, "denomination": "DEUX"}))
    for name in ("a", "b"):
        Company.objects.create(name=name, siren=ONE)
    assert "d’autres lignes seraient refusées" in words(desk.confirm())
    assert Company.objects.count() == 2
    assert "fusionnez-les" in desk.refusals()[2]
    desk.confirm()
    assert Company.objects.get(siren=TWO).name == "DEUX"


def test_a_line_that_only_a_constraint_refuses_is_found_among_its_chunk(desk):
    """The bulk statement fails: the lines are then tried one by one."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE crm_company ADD CONSTRAINT no_lyon EXCLUDE (city WITH =) WHERE (city = 'LYON')")
    Company.objects.create(name="Autre", city="LYON")
    desk.send(lines())
    assert "d’autres lignes seraient refusées" in words(desk.confirm())
    assert list(desk.refusals()) == [2]
    assert Company.objects.count() == 1
    desk.confirm()
    assert {company.name for company in Company.objects.all()} == {"Autre", "DEUX"}


def test_the_check_refuses_what_the_constraints_of_the_database_would(desk):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE crm_company ADD CONSTRAINT no_lyon CHECK (city NOT LIKE 'LY%')")
    desk.send(lines())
    assert list(desk.refusals()) == [2]
    assert "no_lyon" in desk.refusals()[2]
    desk.confirm()
    assert [company.name for company in Company.objects.all()] == ["DEUX"]


def test_the_polled_part_is_only_the_report(desk):
    desk.send(lines())
    url = reverse("import-batch", args=[desk.batch.pk])
    part = desk.browser.get(url, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert b"<html" not in part.content
    assert b'id="report"' in part.content
