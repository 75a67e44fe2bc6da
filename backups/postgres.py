"""Connections of our own to PostgreSQL, and its command-line tools.

Not Django's pool: a snapshot holds its connection for minutes, and its settings must not reach anyone else.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.conninfo import make_conninfo

from backups.errors import BackupError, Busy

# Whatever changes how a value is written as text is fixed: the sums of a row are those of its text.
_CANON = {
    "search_path": "",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "xmloption": "content",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "60s",
    "application_name": "myb2o-backup",
}


def _parameters(*, reading: bool = False) -> dict:
    params = connection.get_connection_params() | (settings.BACKUP_READER if reading else {})
    return {key: value for key, value in params.items() if key not in ("cursor_factory", "context")}


@contextmanager
def connect(*, reading: bool = False) -> Iterator[psycopg.Connection]:
    """A connection in autocommit whose text output depends on nothing but the values.

    `reading`: by the role that only reads (deploy/postgres-backup-role.sql), when there is one.
    """
    with psycopg.connect(**{**_parameters(reading=reading), "autocommit": True}) as own:
        one = "set_config(%s, %s, false)"
        own.execute(f"SELECT {', '.join([one] * len(_CANON))}", [word for pair in _CANON.items() for word in pair])
        yield own


@contextmanager
def client_lock(schema: str) -> Iterator[None]:
    """One run at a time for a client. Raises Busy."""
    busy = _("Une sauvegarde ou une restauration de « %(schema)s » est déjà en cours.") % {"schema": schema}
    with lock(schema, busy):
        yield


@contextmanager
def lock(name: str, busy: str = "") -> Iterator[None]:
    """A lock between processes. Raises Busy. It dies with its process, so it never has to be broken."""
    key = [f"b2o:backup:{name}"]
    with connect() as own:
        row = own.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", key).fetchone()
        if not (row and row[0]):
            raise Busy(busy or _("Déjà en cours."))
        try:
            yield
        finally:
            # Closing the connection frees it too, but a moment later: the next run would find it taken.
            with suppress(psycopg.OperationalError):
                own.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)


def schema_exists(own: psycopg.Connection, schema: str) -> bool:
    return own.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema]).fetchone() is not None


def drop_schema(own: psycopg.Connection, schema: str) -> None:
    own.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def dump_ddl(schema: str, section: str) -> str:
    """`pg_dump --schema-only` of one schema; section is "pre-data" or "post-data". Raises BackupError."""
    params = _parameters(reading=True)
    password = str(params.pop("password", "") or "")
    params = {key: value for key, value in params.items() if value is not None and key != "prepare_threshold"}
    command = [
        _program("pg_dump"), "--schema-only", f"--section={section}", f"--schema={schema}", "--no-owner",
        "--no-privileges", "--lock-wait-timeout=60s", f"--dbname={make_conninfo(**params)}",
    ]  # fmt: skip
    # One of pg_dump's catalogue queries takes a minute instead of 10 ms with 1,000 clients (tenancy.md, rule 3).
    environment = {**os.environ, "PGOPTIONS": "-c enable_mergejoin=off"}
    if password:
        environment["PGPASSWORD"] = password
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603
    except FileNotFoundError as error:
        raise BackupError(
            _("pg_dump est introuvable : installez le client de PostgreSQL, ou réglez PG_BIN.")
        ) from error
    if done.returncode:
        raise BackupError(_("pg_dump a échoué : %(error)s") % {"error": done.stderr.strip().rsplit("\n", 1)[-1]})
    return done.stdout


def _program(name: str) -> str:
    folder = getattr(settings, "PG_BIN", None)
    return str(Path(folder) / name) if folder else name
