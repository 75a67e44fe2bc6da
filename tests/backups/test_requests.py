"""A client asks to be put back as it was, ops decide on the fleet's page, a worker does it."""

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client as HttpClient
from django_tenants.utils import schema_context, tenant_context

from backups import requests
from backups.actions import back_up
from backups.errors import BackupError
from backups.models import AlarmSent, Backup, RequestState, RestoreRequest, State, Trigger
from core.accounts.models import User
from crm.models import Company
from tests.conftest import add_people, visitor


@pytest.fixture(autouse=True)
def _requests(committed):
    yield
    connection.set_schema_to_public()
    AlarmSent.objects.all().delete()


@pytest.fixture
def asked(client_with_data, look):
    """A verified full, then a change; the administrator's browser."""
    add_people(client_with_data)
    backup = back_up(client_with_data, trigger=Trigger.NIGHTLY)
    with tenant_context(client_with_data):
        Company.objects.all().delete()
    browser = visitor(client_with_data)
    with tenant_context(client_with_data):
        browser.force_login(look.person(client_with_data))
    return backup, browser


@pytest.fixture
def ops(committed):
    """A browser of the vendor's operations, in public, with its second factor; gone afterwards with all that names it."""
    with schema_context("public"):
        person = User.objects.create_user("sauvegardes@b2o.example", is_staff=True, first_name="Ops", last_name="Test")
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
        browser = HttpClient(headers={"host": "ops.localhost"})
        browser.force_login(person)
    yield browser
    with schema_context("public"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c JOIN pg_attribute a "
            "ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] "
            "WHERE c.confrelid = 'public.accounts_user'::regclass AND c.contype = 'f' AND c.connamespace = 'public'::regnamespace"
        )
        for table, column in cursor.fetchall():
            cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [person.pk])
        cursor.execute("DELETE FROM public.accounts_user WHERE id = %s", [person.pk])


def test_asked_by_the_client_decided_by_ops_and_told_to_the_client(client_with_data, asked, ops, companies):
    backup, browser = asked
    form = f"/backups/{backup.pk}/restoration/"
    assert "redevient ce qu’elle était" in browser.get(form).content.decode()
    assert "Cochez la case" in browser.post(form).content.decode()
    assert browser.post(form, {"sure": "on"}).status_code == 302
    assert "attend déjà" in browser.post(form, {"sure": "on"}).content.decode()
    assert "Retirer la demande" in browser.get("/backups/").content.decode()
    request = RestoreRequest.objects.get()
    page = ops.get("/admin/backups/restorerequest/").content.decode()
    assert client_with_data.code in page
    act = {"action": "restore", "_selected_action": [request.pk]}
    assert ops.post("/admin/backups/restorerequest/", act).status_code == 302
    request.refresh_from_db()
    assert (request.state, companies(client_with_data)) == (RequestState.DONE, 40)
    assert "lignes comme elles étaient" in request.message
    assert browser.get("/backups/").status_code == 302  # everybody signs in again


def test_taken_back_or_refused(client_with_data, asked, ops, companies):
    backup, browser = asked
    requests.ask(backup, by=1)
    assert browser.post("/backups/withdrawal/").status_code == 302
    assert RestoreRequest.objects.get().state == RequestState.WITHDRAWN
    second = requests.ask(backup, by=1)
    act = {"action": "refuse", "_selected_action": [second.pk]}
    ops.post("/admin/backups/restorerequest/", act)
    assert "Refusée par l’exploitation" in browser.get("/backups/").content.decode()
    requests.fulfil(second.pk)
    assert companies(client_with_data) == 0


def test_one_that_fails_says_why_and_changes_nothing(client_with_data, asked, vault, companies):
    backup, _browser = asked
    request = requests.ask(backup, by=1)
    next(vault.rglob("data.sql.zst.age")).unlink()
    requests.fulfil(request.pk)
    request.refresh_from_db()
    assert request.state == RequestState.FAILED
    assert "Il manque une partie" in request.message
    assert companies(client_with_data) == 0
    Backup.objects.update(state=State.FAILED, error="x")
    backup.refresh_from_db()
    with pytest.raises(BackupError, match="ne peut plus être restaurée"):
        requests.ask(backup, by=1)


def test_only_administrators_ask(client_with_data, asked, look):
    backup, _browser = asked
    for role in ("sales", "reader"):
        other = visitor(client_with_data)
        with tenant_context(client_with_data):
            other.force_login(look.person(client_with_data, role))
        assert other.post(f"/backups/{backup.pk}/restoration/", {"sure": "on"}).status_code == 403
        assert other.post("/backups/withdrawal/").status_code == 403
    assert not RestoreRequest.objects.exists()


def test_ops_see_the_fleet_prove_hold_and_start(client_with_data, asked, ops):
    backup, _browser = asked
    page = ops.get("/admin/backups/backup/").content.decode()
    assert client_with_data.code in page
    for action in ("prove", "hold_them"):
        ops.post("/admin/backups/backup/", {"action": action, "_selected_action": [backup.pk]})
    backup.refresh_from_db()
    assert (backup.state, backup.hold[:3]) == (State.VERIFIED, "par")
    ops.post("/admin/backups/backup/", {"action": "release_them", "_selected_action": [backup.pk]})
    ops.post("/admin/backups/backup/", {"action": "back_up_clients", "_selected_action": [backup.pk]})
    backup.refresh_from_db()
    assert backup.hold == ""
    assert Backup.objects.of(client_id=client_with_data.pk).count() == 2
    for page in ("add/", f"{backup.pk}/delete/"):
        assert ops.get(f"/admin/backups/backup/{page}").status_code == 403
