"""Backups read by a role that can do nothing else; the whole cluster is put together from its copies and starts."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from psycopg import sql as q

from backups import postgres
from backups.actions import back_up
from backups.models import State, Trigger
from backups.restoring import restore_as

DEPLOY = Path(django_settings.BASE_DIR) / "deploy"


@pytest.fixture
def reader(sql, settings):
    """The role of deploy/postgres-backup-role.sql under another name; roles belong to the cluster."""
    name = f"b2o_backup_{os.getpid()}"
    sql.execute((DEPLOY / "postgres-backup-role.sql").read_text().replace("b2o_backup", name))
    settings.BACKUP_READER = {"user": name}
    yield name
    sql.execute(q.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(q.Identifier(name)))


def test_a_backup_needs_no_more_than_to_read(client_with_data, reader, look):
    before = look.content(client_with_data)
    backup = back_up(client_with_data, trigger=Trigger.MANUAL)
    assert backup.state == State.VERIFIED
    assert look.content(restore_as(look.later(client_with_data.code + "-bis"), backup).client) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {schema}.crm_company SET name = 'x'",
        "DELETE FROM public.backups_backup",
        "INSERT INTO {schema}.django_session VALUES ('a', 'b', now())",
        "CREATE SCHEMA b2o_stolen",
        "DROP SCHEMA {schema} CASCADE",
        "CREATE TABLE public.stolen (a int)",
        "CREATE ROLE stolen",
        "COPY {schema}.crm_company TO PROGRAM 'cat'",
    ],
)
def test_it_can_do_nothing_else(client_with_data, reader, statement):
    with postgres.connect(reading=True) as own:
        own.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            own.execute(statement.format(schema=client_with_data.schema_name))


def run(script, *words, env):
    done = subprocess.run(
        ["sh", str(DEPLOY / "cluster" / script), *map(str, words)], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_whole_cluster_comes_back_from_a_copy_and_what_followed(sql, libpq, tmp_path):
    """The drill of the disaster: a full copy, rows, an incremental copy, both put together, started, asked."""
    sql.execute("ALTER SYSTEM SET summarize_wal = on")
    sql.execute("SELECT pg_reload_conf()")
    libpq["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{libpq['PATH']}"
    copies, data, port = tmp_path / "copies", tmp_path / "data", "5999"
    try:
        sql.execute("CREATE TABLE public.disaster (n int); INSERT INTO public.disaster VALUES (1)")
        first = run("backup.sh", copies, env=libpq)
        sql.execute("INSERT INTO public.disaster VALUES (2)")
        second = run("backup.sh", copies, env=libpq)
        assert (first.split("-")[-1], second.split("-")[-1]) == ("full", "more")
        run("restore.sh", copies, second, data, env=libpq)
        (data / "postgresql.auto.conf").write_text(
            f"port = {port}\nunix_socket_directories = '{tmp_path}'\nlisten_addresses = ''\n"
        )
        server = [*["pg_ctl", "-w", "-t", "60", "start", "-D"], str(data), "-l", str(tmp_path / "log")]
        subprocess.run(server, env=libpq, check=True, capture_output=True)
        try:
            params = {**postgres._parameters(), "host": str(tmp_path), "port": port}
            with psycopg.connect(**params) as own:
                assert own.execute("SELECT array_agg(n ORDER BY n) FROM public.disaster").fetchone() == ([1, 2],)
        finally:
            stop = ["pg_ctl", "-m", "immediate", "stop", "-D", str(data)]
            subprocess.run(stop, env=libpq, check=True, capture_output=True)
    finally:
        sql.execute("DROP TABLE public.disaster")
        sql.execute("ALTER SYSTEM RESET summarize_wal")
        sql.execute("SELECT pg_reload_conf()")
