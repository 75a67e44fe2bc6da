"""Backups read by a role that can do nothing else; the whole cluster is put together from its copies and starts."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from psycopg import sql as q

from backups import postgres
from backups.actions import back_up
from backups.models import State, Trigger
from backups.restoring import restore_as
from config.embedded.identity import choose

DEPLOY = Path(django_settings.BASE_DIR) / "deploy"


@pytest.fixture
def superuser(committed):
    """The cluster's owner: the application is none. Only the embedded server lets anyone in as it."""
    try:
        own = psycopg.connect(**{**postgres._parameters(), "user": "postgres", "autocommit": True})
    except psycopg.OperationalError as error:
        pytest.skip(f"no superuser here: {error}")
    with own:
        yield own


@pytest.fixture
def reader(superuser, settings):
    """The role of deploy/postgres-backup-role.sql under another name; roles belong to the cluster."""
    name = f"b2o_backup_{os.getpid()}"
    superuser.execute((DEPLOY / "postgres-backup-role.sql").read_text().replace("b2o_backup", name))
    settings.BACKUP_READER = {"user": name}
    yield name
    superuser.execute(q.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(q.Identifier(name)))


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


def test_the_whole_cluster_comes_back_from_a_copy_and_what_followed(committed, libpq, tmp_path):
    """The drill of the disaster, on a small cluster: a full copy, rows, an incremental copy, put together, started."""
    identity = choose(tmp_path)
    if not identity.can_use(tmp_path):
        pytest.skip("PostgreSQL refuses root, and nobody cannot reach this folder")
    env = libpq | {"PGUSER": "postgres", "PGHOST": str(tmp_path), "PGPORT": "5998", "PGDATABASE": "postgres"}
    source, copies, data = tmp_path / "source", tmp_path / "copies", tmp_path / "data"
    control(identity, env, "initdb", "-D", source, "-U", "postgres", "--auth=trust", "--no-sync")
    with started(identity, env, source, tmp_path) as own:
        own.execute("CREATE TABLE disaster (n int)")
        own.execute("INSERT INTO disaster VALUES (1)")
        first = run("backup.sh", copies, env=env)
        own.execute("INSERT INTO disaster VALUES (2)")
        second = run("backup.sh", copies, env=env)
    assert (first.split("-")[-1], second.split("-")[-1]) == ("full", "more")
    run("restore.sh", copies, second, data, env=env)
    with started(identity, env, data, tmp_path) as own:
        assert own.execute("SELECT array_agg(n ORDER BY n) FROM disaster").fetchone() == ([1, 2],)


@contextmanager
def started(identity, env, data, sockets, stop="fast"):
    """A server on a folder, and a connection to it; stopped at the end, as if it fell when `stop` is "immediate"."""
    settings = {
        "unix_socket_directories": f"'{sockets}'",
        "listen_addresses": "''",
        "summarize_wal": "on",
        "fsync": "off",
        "bgwriter_lru_maxpages": "0",  # it would put on disk what a server that falls must lose
    }
    (data / "postgresql.auto.conf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    options = ["-w", "-t", "60", "-l", sockets / "log", "-o", f"-p {env['PGPORT']}"]
    control(identity, env, "pg_ctl", "start", "-D", data, *options)
    try:
        params = {"host": str(sockets), "port": env["PGPORT"], "user": "postgres", "dbname": "postgres"}
        with psycopg.connect(**params, autocommit=True) as own:
            yield own
    finally:
        control(identity, env, "pg_ctl", "stop", "-D", data, "-m", stop)


def control(identity, env, *words):
    command = list(map(str, words))
    done = subprocess.run(
        command, env=env, preexec_fn=identity.enter, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0, command
