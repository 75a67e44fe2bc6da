"""Backups while people work, workers that die, two workers at once."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings
from django.db import connection

from backups import actions, catalogue, postgres
from backups.actions import back_up
from backups.engine import container, snapshot
from backups.errors import BackupError, Busy
from backups.models import Backup, State, Trigger
from backups.restoring import restore_as, restore_over

SLOT = dt.date(2026, 6, 19)


def test_a_table_truncated_between_lock_and_read(client_with_data, sql, look):
    """The snapshot comes after the lock: TRUNCATE either waits for us, or was there before us."""
    before = look.content(client_with_data)
    truncated = threading.Thread(
        target=sql.execute, args=[f"TRUNCATE {client_with_data.schema_name}.crm_contact CASCADE"], daemon=True
    )
    state_after_the_lock = snapshot._state

    def state(own):
        truncated.start()
        time.sleep(0.3)
        assert truncated.is_alive()  # waiting for our lock
        return state_after_the_lock(own)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "_state", state)
        backup = back_up(client_with_data, trigger=Trigger.MANUAL)
    truncated.join(10)
    assert look.content(client_with_data)["rows"]["crm_contact"][0] == 0
    restore_over(client_with_data, backup)
    assert look.content(client_with_data)["rows"] == before["rows"]


def test_a_snapshot_taken_first_would_miss_rows(client_with_data, sql):
    """The naive order loses the table: what the test above proves is not free."""
    schema = client_with_data.schema_name
    with postgres.connect() as own:
        own.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        own.execute("SELECT 1")
        sql.execute(f"TRUNCATE {schema}.crm_contact CASCADE")
        own.execute(f"LOCK TABLE {schema}.crm_contact IN ACCESS SHARE MODE")
        assert own.execute(f"SELECT count(*) FROM {schema}.crm_contact").fetchone() == (0,)


def test_writers_during_the_backup(client_with_data, look):
    """The backup is one instant: rows and their history agree, and it restores to the sums that it read."""
    with look.writers(client_with_data.schema_name, 3):
        backups = [back_up(client_with_data, trigger=Trigger.MANUAL) for _ in range(2)]
    for number, backup in enumerate(backups):
        assert backup.state == State.VERIFIED
        done = restore_as(look.later(f"{client_with_data.code}-w{number}"), backup)
        rows = look.content(done.client)["rows"]
        assert rows["core_event"][0] == rows["core_eventvalues"][0]
        with postgres.connect() as own:
            lone = own.execute(
                f"SELECT count(*) FROM {done.client.schema_name}.crm_company c WHERE NOT EXISTS (SELECT FROM "
                f"{done.client.schema_name}.core_event e WHERE e.model = 'crm.company' AND e.object_id = c.id)"
            ).fetchone()
        assert lone == (0,)


KILLED = """
import os, sys, time, signal
import django
django.setup()
from django.conf import settings
from django.db import connections
connections.settings["default"]["NAME"] = sys.argv[1]
connections["default"].settings_dict["NAME"] = sys.argv[1]
from pathlib import Path
settings.BACKUP_ROOT = Path(sys.argv[2])
settings.BACKUP_KEYRING = Path(sys.argv[2]).parent / "keyring"
from backups.engine import media
def forever(*args):
    print("stored", flush=True)
    time.sleep(60)
media.keep = forever
from backups.actions import back_up
from backups.models import Trigger
from tenants.models import Client
back_up(Client.objects.get(code=sys.argv[3]), trigger=Trigger.NIGHTLY)
"""


def test_a_killed_run_leaves_nothing(client_with_data, vault):
    """kill -9 after the rows were written: the row is closed by the next run, which succeeds."""
    command = [sys.executable, "-c", KILLED, connection.settings_dict["NAME"], str(vault), client_with_data.code]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=settings.BASE_DIR, env=environment) as process:
        assert process.stdout.readline() == b"stored\n"
        dead = Backup.objects.get()
        assert dead.state == State.RUNNING
        with pytest.raises(Busy, match="déjà en cours"):
            back_up(client_with_data, trigger=Trigger.NIGHTLY)
        process.send_signal(signal.SIGKILL)
    assert (vault / "clients" / client_with_data.schema_name / str(dead.seq) / "data.sql.zst.age").exists()
    time.sleep(0.2)  # PostgreSQL notices the lost connection
    done = back_up(client_with_data, trigger=Trigger.NIGHTLY)
    dead.refresh_from_db()
    assert (dead.state, dead.hash, done.state) == (State.ABORTED, "", State.VERIFIED)
    assert not (vault / "clients" / client_with_data.schema_name / str(dead.seq)).exists()
    assert not list(vault.rglob(".partial*"))


def test_two_workers(client_with_data):
    """Both have the evening's task: one backup."""
    results = []

    def work():
        try:
            results.append(back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=SLOT).seq)
        except Busy:
            results.append("busy")
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=SLOT)
    assert Backup.objects.count() == 1
    assert again.state == State.VERIFIED
    assert again.seq in results


def test_the_database_refuses_a_second_one(client_with_data):
    catalogue.start(client_with_data, trigger=Trigger.NIGHTLY, slot=SLOT)
    with pytest.raises(Busy):
        catalogue.start(client_with_data, trigger=Trigger.NIGHTLY, slot=SLOT)


def test_a_full_disk(client_with_data, vault):
    def full(*args):
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch, pytest.raises(BackupError, match=r"refusé.*No space left"):
        patch.setattr("backups.engine.script.put", full)
        back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=SLOT)
    failed = Backup.objects.get()
    assert failed.state == State.FAILED
    assert "No space left" in failed.error
    assert not (vault / "clients" / client_with_data.schema_name / str(failed.seq)).exists()
    assert back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=SLOT).state == State.VERIFIED


def test_a_run_that_stopped_before_its_verification(client_with_data):
    """The next worker on the same slot verifies what is stored, and writes nothing again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actions, "_verify", lambda backup: None)
        stored = back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=SLOT)
    assert stored.state == State.STORED
    done = back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=SLOT)
    assert (done.seq, done.state) == (stored.seq, State.VERIFIED)


def test_a_failed_restore_changes_nothing(client_with_data, look, monkeypatch, sql):
    backup = back_up(client_with_data, trigger=Trigger.MANUAL)
    before = look.content(client_with_data)

    def fail(*args):
        raise OSError("cut")

    monkeypatch.setattr("backups.engine.media.stage", fail)
    with pytest.raises(BackupError, match="cut"):
        restore_over(client_with_data, backup)
    with pytest.raises(BackupError, match="cut"):
        restore_as(look.later("bk-never"), backup)
    assert look.content(client_with_data) == before
    left = sql.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ 'bk_never|scratch'").fetchall()
    assert left == []


def test_the_container_is_private(client_with_data, vault):
    back_up(client_with_data, trigger=Trigger.MANUAL)
    assert {oct(path.stat().st_mode & 0o777) for path in [vault, *vault.rglob("*")]} == {"0o700", "0o600"}
    assert container.client_folder("x") == "clients/x"
