"""An import reaches no further than the screens of the person who makes it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.accounts.models import Role, User
from core.importing.importer import Format, Importer
from core.models import ImportBatch, Job
from crm.models import Company
from tests.conftest import visitor
from tests.core.importing import Desk, words

SIREN = "732829320"


class Named(Format):
    """A layout of this test: what a person maps on screen, one day."""

    label = "Essai"
    required = ("siren", "nom")
    optional = ("ville", "encours")

    def fill(self, draft, cells):
        draft.values = {"siren": cells["siren"], "name": cells["nom"]}
        draft.values |= {"city": cells["ville"]} if cells.get("ville") else {}
        draft.values |= {"credit_limit": cells["encours"]} if cells.get("encours") else {}
        draft.keys = (cells["siren"],)


class NamedImporter(Importer):
    model = Company
    formats = (Named,)

    def load(self, drafts, rows):
        self._rows = {row.siren: row for row in rows.filter(siren__in=[draft.values["siren"] for draft in drafts])}

    def match(self, draft):
        return self._rows.get(draft.values["siren"])


@pytest.fixture
def desk(atelier, django_capture_on_commit_callbacks, monkeypatch):
    """`desk(scope="own", rights=[…])`: the import's screens, before somebody with that reach."""
    monkeypatch.setattr("crm.resources.company.CompanyResource.importer", NamedImporter)

    def make(name="moi", *, scope="all", rights=()):
        user = User.objects.create_user(f"{name}@atelier.example", first_name=name.title())
        role = Role.objects.create(name=name, levels={"crm": "write"}, scopes={"crm": scope}, rights=list(rights))
        user.roles.add(role)
        browser = visitor(atelier)
        browser.force_login(user)
        desk = Desk(browser, django_capture_on_commit_callbacks)
        desk.user = user
        return desk

    return make


def test_what_is_created_belongs_to_who_imports_when_they_see_only_their_own(desk):
    mine = desk(scope="own")
    mine.send(f"siren;nom\n{SIREN};Riou\n".encode())
    mine.confirm()
    assert [(company.name, company.owner) for company in Company.objects.all()] == [("Riou", mine.user)]


def test_a_row_out_of_reach_is_neither_changed_nor_quoted(desk):
    secret = Company.objects.create(siren=SIREN, name="Nom secret", city="Ville secrète")
    mine = desk(scope="own")
    page = mine.send(f"siren;nom;ville\n{SIREN};Riou;Brest\n552100554;Deux;Brest\n".encode())
    assert "pas parmi les vôtres" in mine.refusals()[2]
    assert "secret" not in words(page)
    mine.confirm()
    secret.refresh_from_db()
    assert (secret.name, secret.city) == ("Nom secret", "Ville secrète")
    assert Company.objects.get(siren="552100554").owner == mine.user


def test_ones_own_row_is_updated(desk):
    mine = desk(scope="own")
    row = Company.objects.create(siren=SIREN, name="Riou", city="Brest", owner=mine.user)
    mine.send(f"siren;nom;ville\n{SIREN};Riou;Quimper\n".encode())
    mine.confirm()
    row.refresh_from_db()
    assert row.city == "Quimper" and row.owner == mine.user


def test_a_sensitive_value_is_ignored_with_a_warning(desk):
    row = Company.objects.create(siren=SIREN, name="Riou", credit_limit=100)
    clerk = desk()
    page = clerk.send(f"siren;nom;ville;encours\n{SIREN};Riou;Brest;5000\n552100554;Deux;;pas un nombre\n".encode())
    assert "vous n’avez pas le droit de changer cette valeur" in words(page)
    assert "5000" not in words(page) and "5 000" not in words(page)
    clerk.confirm()
    row.refresh_from_db()
    assert (row.credit_limit, row.city) == (100, "Brest")
    assert Company.objects.get(siren="552100554").credit_limit is None


def test_with_the_right_it_is_imported(desk):
    chief = desk(rights=["crm.view_credit"])
    chief.send(f"siren;nom;encours\n{SIREN};Riou;5000\n".encode())
    chief.confirm()
    assert Company.objects.get().credit_limit == 5000


def test_a_report_is_for_its_author_and_for_who_sees_everything(desk):
    mine, chief = desk(rights=["crm.view_credit"]), desk("chef", rights=["crm.view_credit"])
    clerk, narrow = desk("clerc"), desk("etroit", scope="own", rights=["crm.view_credit"])
    mine.send(f"siren;nom;encours\n{SIREN};Riou;5000\n".encode())
    url = reverse("import-batch", args=[ImportBatch.objects.get().pk])
    assert [someone.browser.get(url).status_code for someone in (mine, chief, clerk, narrow)] == [200, 200, 404, 404]
    assert "fichier.csv" not in words(clerk.browser.get(reverse("imports")))
    for verb in ("commit", "undo"):
        assert narrow.browser.post(reverse(f"import-{verb}", args=[mine.batch.pk])).status_code == 404


def test_who_confirms_adds_no_right_to_what_was_shown(desk):
    """The report of somebody without the right shows no credit: confirmed by somebody with it, none is written."""
    clerk, chief = desk(), desk("chef", rights=["crm.view_credit"])
    clerk.send(f"siren;nom;encours\n{SIREN};Riou;5000\n".encode())
    chief.confirm()
    assert Company.objects.get().credit_limit is None


def test_a_level_lost_between_the_click_and_the_work_stops_the_import(desk):
    clerk = desk()
    clerk.send(f"siren;nom\n{SIREN};Riou\n".encode())
    with clerk.capture(execute=True):
        clerk.browser.post(reverse("import-commit", args=[clerk.batch.pk]))
        clerk.user.roles.clear()
    assert not Company.objects.exists()
    assert "n’a pas (ou plus) le droit" in Job.objects.get(kind="import-commit").message


def test_uploading_wants_the_level(desk, atelier):
    reader = desk()
    Role.objects.update(levels={"crm": "read"})
    file = SimpleUploadedFile("f.csv", b"siren;nom\n")
    assert reader.browser.post(reverse("crm-company-import"), {"file": file}).status_code == 403
