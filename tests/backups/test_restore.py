"""A restore gives back what was there: rows, history, counters, definitions, files."""

import datetime as dt

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db.models import Count
from django.utils import timezone
from django_tenants.utils import tenant_context

from backups import postgres, swapping
from backups.actions import back_up, sweep
from backups.errors import BackupError
from backups.models import State, Trigger
from backups.restoring import put_back, restore_as, restore_over
from crm.models import Company
from tenants.models import Client, Domain
from tenants.provisioning import create_client, delete_client
from tenants.storage import media_folder


def full(client):
    return back_up(client, trigger=Trigger.MANUAL)


def test_a_new_client_is_identical(client_with_data, make_backed_up, look):
    before, kept = look.content(client_with_data), look.files(client_with_data)
    backup = full(client_with_data)
    assert (backup.state, backup.files) == (State.VERIFIED, 3)
    name = look.later(client_with_data.code + "-bis")
    done = restore_as(name, backup)
    assert done.client.is_served
    assert Domain.objects.filter(domain=f"{name}.localhost", tenant=done.client).exists()
    assert before["rows"]["core_event"][0] > 80
    assert look.content(done.client) == before == look.content(client_with_data)
    assert look.files(done.client) == kept == look.files(client_with_data)


def test_the_same_client_is_as_it_was(client_with_data, make_backed_up, look):
    neighbour = make_backed_up()
    look.fill(neighbour, 5)
    aside, before, kept = look.content(neighbour), look.content(client_with_data), look.files(client_with_data)
    with tenant_context(client_with_data):
        Session.objects.create(session_key="k", session_data="x", expire_date=timezone.now() + dt.timedelta(1))
    backup = full(client_with_data)
    with tenant_context(client_with_data):
        Company.objects.filter(name__contains="1").delete()
        Company.objects.create(name="Trop tard")
        cache.set("seen", 1)
    with tenant_context(neighbour):
        cache.set("seen", 2)
    folder = media_folder(client_with_data.schema_name)
    (folder / "photo.bin").unlink()
    (folder / "pièces" / "devis.txt").write_text("autre")
    (folder / "nouveau.txt").write_text("gardé")
    after = look.content(client_with_data)

    done = restore_over(client_with_data, backup)

    assert look.content(client_with_data) == before
    assert look.files(client_with_data) == kept | {
        "nouveau.txt": "gardé".encode(),
        f"pièces/devis.txt.before-{backup.seq}": b"autre",
    }
    assert look.content(done.previous) == after
    assert look.content(neighbour) == aside
    with tenant_context(client_with_data):
        assert not Session.objects.exists()
        assert cache.get("seen") is None
    with tenant_context(neighbour):
        assert cache.get("seen") == 2
    assert put_back(client_with_data).endswith("_2")
    assert look.content(client_with_data) == after


def test_a_deleted_client_comes_back_as_itself(client_with_data, look):
    before, kept, pk = look.content(client_with_data), look.files(client_with_data), client_with_data.pk
    backup = full(client_with_data)
    code = client_with_data.code
    delete_client(client_with_data)
    assert not media_folder(backup.schema_name).exists()
    done = restore_as(code, backup)
    assert (done.client.pk, done.client.name) == (pk, code.title())
    assert look.content(done.client) == before
    assert look.files(done.client) == kept


def test_a_namesake_never_gets_what_was_put_aside(client_with_data, sql):
    done = restore_over(client_with_data, full(client_with_data))
    delete_client(client_with_data)
    namesake = create_client(client_with_data.code, "Homonyme")
    with pytest.raises(BackupError, match="Rien à remettre"):
        put_back(namesake)
    sweep()
    assert sql.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [done.previous]).fetchone() is None


def test_a_restored_client_goes_on(client_with_data, look):
    """Counters and history triggers work after a restore."""
    restore_over(client_with_data, full(client_with_data))
    events = look.content(client_with_data)["rows"]["core_event"][0]
    with tenant_context(client_with_data):
        Company.objects.create(name="Suivante")
    assert look.content(client_with_data)["rows"]["core_event"][0] == events + 1


def test_definitions_that_differ_from_the_template(client_with_data, sql, look, vault):
    """Also a schema whose name is an ordinary word of its own definitions."""
    schema = client_with_data.schema_name
    sql.execute(
        f"ALTER TABLE {schema}.crm_company ADD COLUMN extra text DEFAULT '{schema}.' "
        f"CHECK (extra <> '{schema}.crm_company'), ADD COLUMN {schema} int DEFAULT 7;"
        f"CREATE SEQUENCE {schema}.hand START 5; ALTER TABLE {schema}.crm_contact "
        f"ADD COLUMN rank bigint DEFAULT nextval('{schema}.hand');"
        f"CREATE INDEX hand_index ON {schema}.crm_company ({schema}) WHERE extra LIKE '{schema}%'"
    )
    before = look.content(client_with_data)
    backup = full(client_with_data)
    assert backup.state == State.VERIFIED
    done = restore_as(look.later(client_with_data.code + "-bis"), backup)
    assert look.content(done.client) == before
    row = sql.execute(f"SELECT DISTINCT extra FROM {done.client.schema_name}.crm_company").fetchone()
    assert row == (f"{schema}.",)


def test_the_schema_part_is_shared(make_backed_up, vault):
    full(make_backed_up())
    full(make_backed_up())
    assert len(list((vault / "schemas").rglob("*.zst"))) == 2


def test_refusals(client_with_data, make_backed_up, look):
    other = make_backed_up()
    backup = full(client_with_data)
    with pytest.raises(BackupError, match="n’est pas de ce client"):
        restore_over(other, backup)
    with pytest.raises(BackupError, match="existe déjà"):
        restore_as(other.code, backup)
    with pytest.raises(BackupError, match="ne convient pas"):
        restore_as("Pas Bon", backup)
    backup.state = State.FAILED
    with pytest.raises(BackupError, match="ne peut pas être restaurée"):
        restore_over(client_with_data, backup)
    with pytest.raises(BackupError, match="Rien à remettre"):
        put_back(client_with_data)


def test_other_database_functions(client_with_data, sql):
    backup = full(client_with_data)
    with postgres.connect() as own:
        original = own.execute("SELECT pg_get_functiondef('public.b2o_append_only()'::regprocedure)").fetchone()[0]
        try:
            own.execute(original.replace("append-only", "only ever grown"))
            with pytest.raises(BackupError, match="plus ancienne ou plus récente"):
                restore_over(client_with_data, backup)
            assert restore_over(client_with_data, backup, other_functions=True).previous
        finally:
            own.execute(original)


def test_a_newer_version_of_the_software(client_with_data, sql):
    sql.execute(
        f"INSERT INTO {client_with_data.schema_name}.django_migrations (app, name, applied) "
        "VALUES ('crm', '9999', now())"
    )
    backup = full(client_with_data)
    with pytest.raises(BackupError, match="version plus récente du logiciel"):
        restore_over(client_with_data, backup)


def test_a_client_keeps_its_public_rows(client_with_data):
    backup = full(client_with_data)
    Client.objects.filter(pk=client_with_data.pk).update(name="Nouvelle raison")
    done = restore_over(client_with_data, backup)
    assert any("Nouvelle raison" in remark for remark in done.remarks)
    assert Client.objects.get(pk=client_with_data.pk).name == "Nouvelle raison"


def test_writers_lose_nothing_at_the_swap(client_with_data, make_backed_up, look):
    """What is written during the restore is whole in what was put aside, or whole in what took its place."""
    schema = client_with_data.schema_name
    backup = full(client_with_data)
    base = look.content(client_with_data)["rows"]["crm_company"][0]
    with look.writers(schema, 4) as written:
        done = restore_over(client_with_data, backup)
    now = look.content(client_with_data)["rows"]["crm_company"][0] - base
    aside = look.content(done.previous)["rows"]["crm_company"][0] - base
    assert now + aside == sum(written)
    assert aside > 0
    assert split_of(client_with_data) == []  # each transaction writes two


def test_a_swap_without_its_locks_splits_a_transaction(client_with_data, look, monkeypatch):
    """What the test above would see."""
    backup = full(client_with_data)
    monkeypatch.setattr(swapping, "_hold", lambda live: True)
    for _attempt in range(6):
        with look.writers(client_with_data.schema_name, 4):
            restore_over(client_with_data, backup)
        if split_of(client_with_data):
            return
    pytest.fail("never split")


def split_of(client):
    """The writers of which an odd number of rows is there."""
    with tenant_context(client):
        mine = Company.objects.filter(name__startswith="Écrite").values_list("name").annotate(Count("pk"))
        return [name for name, count in mine if count % 2]
