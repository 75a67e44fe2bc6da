"""An administrator deletes by mistake and gets back from noon's increment, by the pages; others cannot."""

import pytest
from django_tenants.utils import tenant_context

from backups.actions import back_up
from backups.models import Backup, Kind, State, Trigger
from core.models import Job
from crm.models import Company
from tests.conftest import add_people, visitor


@pytest.fixture
def lost(client_with_data, look):
    """A hundred companies more at noon, then gone; the browser of the administrator."""
    add_people(client_with_data)
    back_up(client_with_data, trigger=Trigger.NIGHTLY)
    with tenant_context(client_with_data):
        Company.objects.bulk_create([Company(name=f"Midi {n:03}") for n in range(100)])
    noon = back_up(client_with_data, trigger=Trigger.MANUAL, kind=Kind.INCREMENT)
    with tenant_context(client_with_data):
        Company.objects.filter(name__startswith="Midi").delete()
        Company.objects.create(name="Saisie depuis")
    return noon, lambda role: signed(client_with_data, look.person(client_with_data, role))


def signed(client, person):
    browser = visitor(client)
    with tenant_context(client):
        browser.force_login(person)
    return browser


def job_of(client, response):
    with tenant_context(client):
        return Job.objects.get(pk=int(response["Location"].strip("/").split("/")[-1]))


def test_an_administrator_gets_them_back_without_losing_what_was_entered_since(client_with_data, lost, companies):
    noon, browser_of = lost
    browser = browser_of("admin")
    page = browser.get("/backups/").content.decode()
    assert f"/backups/{noon.pk}/recovery/" in page
    assert "Incrément" in page
    form = f"/backups/{noon.pk}/recovery/"
    assert "Sociétés" in browser.get(form).content.decode()
    assert "Choisissez ce qui est" in browser.post(form, {"model": "accounts.user"}).content.decode()
    searched = job_of(client_with_data, browser.post(form, {"model": "crm.company"}))
    assert searched.message == "100 fiches de la sauvegarde ne sont plus là."
    page = browser.get(searched.result_url).content.decode()
    assert "Midi 042" in page
    refused = browser.post(searched.result_url, {"which": "some", "row": ["999999"]})
    assert "Cochez au moins une fiche." in refused.content.decode()
    chosen = [key for key, name in searched.result["rows"] if name in ("Midi 000", "Midi 001")]
    some = job_of(client_with_data, browser.post(searched.result_url, {"which": "some", "row": chosen}))
    assert some.message == "2 fiches sont revenues."
    rest = job_of(client_with_data, browser.post(searched.result_url, {"which": "all"}))
    assert (rest.state, rest.message) == ("done", "98 fiches sont revenues.")
    with tenant_context(client_with_data):
        assert Company.objects.filter(name__startswith="Midi").count() == 100
        assert Company.objects.filter(name="Saisie depuis").exists()


def test_rows_that_changed_get_their_values_back(client_with_data, lost):
    noon, browser_of = lost
    browser = browser_of("admin")
    with tenant_context(client_with_data):
        row, other = Company.objects.filter(name__contains="Été").order_by("pk")[:2]
        Company.objects.filter(pk__in=[row.pk, other.pk]).update(city="Ailleurs")
    form = f"/backups/{noon.pk}/recovery/"
    compared = job_of(client_with_data, browser.post(form, {"model": "crm.company", "what": "changed"}))
    assert compared.message == "2 fiches n’ont pas les mêmes valeurs que dans la sauvegarde."
    page = browser.get(compared.result_url).content.decode()
    assert "Ailleurs" in page
    assert "Évreux" in page
    assert "Cochez au moins une fiche." in browser.post(compared.result_url, {}).content.decode()
    done = job_of(client_with_data, browser.post(compared.result_url, {"row": [row.pk, "999999"]}))
    assert (done.state, done.message) == ("done", "1 fiche a les valeurs de la sauvegarde.")
    again = job_of(client_with_data, browser.post(compared.result_url, {"row": [row.pk]}))
    assert again.state == "failed"
    assert "changée ou supprimée depuis la comparaison" in again.message
    with tenant_context(client_with_data):
        assert Company.objects.get(pk=row.pk).city == "Évreux"
        assert Company.objects.get(pk=other.pk).city == "Ailleurs"
    assert browser_of("sales").get(compared.result_url).status_code == 403


def test_who_may_not_and_what_is_not(client_with_data, lost, make_backed_up, look):
    noon, browser_of = lost
    for role in ("sales", "reader"):
        assert browser_of(role).get(f"/backups/{noon.pk}/recovery/").status_code == 403
        assert browser_of(role).post(f"/backups/{noon.pk}/recovery/", {"model": "crm.company"}).status_code == 403
    admin = browser_of("admin")
    other = back_up(make_backed_up(), trigger=Trigger.MANUAL)
    assert admin.get(f"/backups/{other.pk}/recovery/").status_code == 404
    assert admin.get("/backups/found/12345/").status_code == 404
    searched = job_of(client_with_data, admin.post(f"/backups/{noon.pk}/recovery/", {"model": "crm.contact"}))
    assert searched.message.startswith("Rien ne manque")
    assert admin.get(f"/backups/found/{searched.pk}/").status_code == 404
    Backup.objects.filter(pk=noon.pk).update(state=State.FAILED, error="abîmée")
    assert admin.get(f"/backups/{noon.pk}/recovery/").status_code == 404
