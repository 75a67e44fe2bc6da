"""A mistake made good from noon's increment, by the pages and with the mouse; then each page of backups, looked at."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from backups.actions import back_up
from backups.models import Backup, Download, Kind, Trigger
from core.accounts.models import User
from core.models import Job, JobState
from crm.models import Company
from tests.browser.states import press, shown, then, walk
from tests.browser.worlds import LONG, backups_of_every_state


@pytest.fixture
def noon(instance, tmp_path, settings):
    """A full, then noon's increment with a hundred companies more."""
    settings.BACKUP_ROOT, settings.BACKUP_KEYRING = tmp_path / "backups", tmp_path / "keyring"
    back_up(instance.client, trigger=Trigger.NIGHTLY)
    with instance.rows():
        Company.objects.bulk_create([Company(name=f"Midi {n:03}", city="Brest") for n in range(100)])
    yield back_up(instance.client, trigger=Trigger.MANUAL, kind=Kind.INCREMENT)
    Backup.objects.filter(client_id=instance.client.pk).delete()


def test_a_hundred_companies_deleted_by_mistake_come_back_from_noon(instance, noon):
    page = instance.page
    instance.enter("administrator", "/crm/companies/?q=midi")
    page.locator('.table thead input[type="checkbox"]').check()
    page.get_by_text("lignes filtrées").last.click()
    press("Supprimer")(page)
    page.locator("dialog[open]").get_by_role("button", name="Supprimer (100)").click()
    expect(page.get_by_text("Aucun résultat").first).to_be_visible()
    with instance.rows():
        assert not Company.objects.filter(name__startswith="Midi").exists()
        Company.objects.create(name="Saisie par une collègue")
    instance.open("/backups/")
    press("Récupérer des fiches", "link")(page)  # the first line is the newest: noon's
    press("Comparer")(page)
    shown("100 fiches de la sauvegarde ne sont plus là.")(page)
    press("Voir le résultat", "link")(page)
    expect(page.get_by_text("Midi 042")).to_be_hidden()  # all of them return: nothing to tick
    page.get_by_label("Celles que je coche").check()
    expect(page.get_by_text("Midi 042")).to_be_visible()
    page.get_by_label("Toutes (100)").check()
    press("Faire revenir")(page)
    shown("100 fiches sont revenues.")(page)
    with instance.rows():
        assert Company.objects.filter(name__startswith="Midi", city="Brest").count() == 100
        assert Company.objects.filter(name="Saisie par une collègue").exists()


def test_each_page(instance):
    def job(kind, **result):
        return Job.objects.create(kind=kind, label="Sociétés", owner=admin, state=JobState.DONE, result=result,
                                  started_at=timezone.now(), finished_at=timezone.now())  # fmt: skip

    change = {"label": "Raison sociale", "before": LONG, "after": "—"}
    with backups_of_every_state(instance.client):
        found = {row.state: row for row in Backup.objects.filter(client_id=instance.client.pk)}
        seq = found["verified"].pk
        with instance.rows():
            admin = User.objects.get(email=f"admin@{instance.client.code}.example")
            gone = job("backup-compare", seq=seq, model="crm.company", count=900, rows=[[n, LONG] for n in range(9)])
            other = job("backup-differ", seq=seq, model="crm.company", count=2, changed=[
                {"key": 1, "name": LONG, "stamp": "x", "changes": [change]},
                {"key": 2, "name": "Riou", "stamp": "x", "changes": [change, {**change, "label": "Ville", "after": "Brest"}]},
            ])  # fmt: skip
        archive = Download.objects.create(
            backup=found["verified"], client_id=instance.client.pk, client_code=instance.client.code, asked_by=admin.pk,
            file="x.zip", size=123_456, sha256="0" * 64, rows=5000, files=2, lists=["crm.company"], silent=["crm.company.credit_limit"],
        )  # fmt: skip
        instance.enter("administrator", "/")
        walk(instance, [
            ("backups", "/backups/", None),
            ("backup", f"/backups/{seq}/", None),
            ("backup that failed", f"/backups/{found['failed'].pk}/", None),
            ("recovery", f"/backups/{seq}/recovery/", None),
            ("recovery, gone", f"/backups/found/{gone.pk}/", lambda page: page.get_by_label("Celles que je coche").check()),
            ("recovery, changed", f"/backups/changed/{other.pk}/", None),
            ("recovery, nothing ticked", "", then(press("Remettre ces valeurs"), shown("Cochez au moins une fiche."))),
            ("whole restoration", f"/backups/{seq}/restoration/", None),
            ("archive, asked", f"/backups/{seq}/download/", None),
            ("archive, ready", f"/backups/downloads/{archive.pk}/", None),
        ])  # fmt: skip
        archive.delete()
