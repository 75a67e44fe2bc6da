"""PostgreSQL goes away in the middle, or falls and gives numbers of transactions again: nothing wrong is ever kept."""

import os
import signal
from contextlib import contextmanager

import pytest
from django.db import connection
from psycopg import sql as q

from backups.actions import back_up, verify
from backups.engine import delta, media, snapshot
from backups.errors import BackupError
from backups.models import Backup, State, Trigger
from config.embedded.identity import choose
from tests.backups.test_role import control, started


def test_postgresql_stopped_in_the_middle(client_with_data, vault, sql, monkeypatch, look):
    """Every connection is cut, as a stop of the server does: the next run closes the row, and older backups stand."""
    older = back_up(client_with_data, trigger=Trigger.NIGHTLY)
    before = look.content(client_with_data)

    def stop(*args):
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user AND pid <> %s"
        sql.execute(others, [sql.info.backend_pid])
        return iter(())

    with monkeypatch.context() as patch, pytest.raises(BackupError):
        patch.setattr(media, "keep", stop)
        back_up(client_with_data, trigger=Trigger.MANUAL)
    connection.close()  # as a worker does after a task that lost its connection
    dead = Backup.objects.exclude(pk=older.pk).get()
    assert dead.state in (State.RUNNING, State.FAILED)  # it could not even be said
    assert not (vault / "clients" / client_with_data.schema_name / str(dead.pk) / "manifest.json").exists()
    done = back_up(client_with_data, trigger=Trigger.MANUAL)
    dead.refresh_from_db()
    assert (dead.state in (State.ABORTED, State.FAILED), done.state) == (True, State.VERIFIED)
    assert not (vault / "clients" / client_with_data.schema_name / str(dead.pk)).exists()
    verify(older)
    assert look.content(client_with_data) == before


def test_numbers_of_transactions_that_a_crash_gives_again(committed, libpq, tmp_path):
    """A server that falls forgets what was not on disk, and its numbers serve again: below the horizon of a full that
    saw them. The rows written since are then missed by the horizon alone; the restart of the server is what tells."""
    identity = choose(tmp_path)
    if not identity.can_use(tmp_path):
        pytest.skip("PostgreSQL refuses root, and nobody cannot reach this folder")
    env = libpq | {"PGUSER": "postgres", "PGHOST": str(tmp_path), "PGPORT": "5997", "PGDATABASE": "postgres"}
    data = tmp_path / "crash"
    control(identity, env, "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync")
    with started(identity, env, data, tmp_path, stop="immediate") as own, nothing_written_behind(own):
        own.execute("CREATE SCHEMA s; CREATE TABLE s.item (id integer PRIMARY KEY, name text)")
        own.execute("INSERT INTO s.item VALUES (1, 'sur le disque')")
        own.execute("SET synchronous_commit = off")
        own.execute("INSERT INTO s.item VALUES (2, 'pas encore')")
        (lost,) = own.execute("SELECT xmin::text FROM s.item WHERE id = 2").fetchone()
        with snapshot.frozen(own, "s") as (tables, state):
            full = {**state, "fingerprint": "", "tables": {"item": {"oid": tables[0].oid, "sums": (2, "0", "0")}}}
    with started(identity, env, data, tmp_path) as own:
        assert own.execute("SELECT array_agg(id) FROM s.item").fetchone() == ([1],)
        own.execute("INSERT INTO s.item VALUES (3, 'depuis')")
        assert own.execute("SELECT xmin::text FROM s.item WHERE id = 3").fetchone() == (lost,)
        with snapshot.frozen(own, "s") as (tables, state):
            missed = q.SQL("SELECT count(*) FROM s.item WHERE {}").format(delta.recent(full["horizon"], tables[0]))
            assert own.execute(missed).fetchone() == (0,)
            assert delta.changes(own, "s", tables, full) == []  # two rows then, two now: the naive increment is empty
            assert delta.inexact(full, {**state, "fingerprint": ""}) == "PostgreSQL a redémarré"


@contextmanager
def nothing_written_behind(own):
    """What is committed without waiting stays in memory: the process that writes it five times a second is halted, then
    killed, which the server takes for a crash. A longer `wal_writer_delay` was not enough: a slow machine read it late."""
    (writer,) = own.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'").fetchone()
    os.kill(writer, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(writer, signal.SIGKILL)
