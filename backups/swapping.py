"""One schema in the place of another, in one transaction."""

import random
import time

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from backups.errors import BackupError
from tenants.models import Client

_ATTEMPTS = 60
# How long people wait behind the swap, each time it is tried. Below deadlock_timeout (1 s): when a writer and the swap
# wait for each other, it is the swap that gives way and tries again, never the writer that fails.
_PATIENCE = "500ms"
_PAUSE = 0.1, 0.5  # seconds between two attempts: never in step with the writers


def swap(client: Client, scratch: str) -> str:
    """Put `scratch` in the place of a client's schema. Returns the name under which the former schema is kept.

    All tables are locked first: without it a row that was being written would be left behind. Raises BackupError
    when the tables stay busy.
    """
    for _attempt in range(_ATTEMPTS):
        try:
            return _swap(client, scratch)
        except OperationalError as error:  # a lock that did not come in time, or a deadlock
            busy = error
            time.sleep(random.uniform(*_PAUSE))  # noqa: S311 - a pause, no secret
    raise BackupError(_("Les tables du client sont restées occupées : recommencez dans un moment.")) from busy


@transaction.atomic
def _swap(client: Client, scratch: str) -> str:
    live = client.schema_name
    if not _hold(live):  # the client's schema was lost: there is nothing to put aside
        rename(scratch, live)
        return ""
    previous = _free_name(client.pk)
    rename(live, previous)
    rename(scratch, live)
    return previous


def _hold(live: str) -> bool:
    """Lock all tables of a schema until the end of the transaction. False when there are none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
        cursor.execute(
            "SELECT string_agg(format('%%I.%%I', n.nspname, c.relname), ', ' "
            "ORDER BY c.relname ~ '^interfaces_', c.oid DESC) "
            "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relkind = 'r'",
            [live],
        )
        (tables,) = cursor.fetchone()
        if tables:
            # Youngest first, as writers lock them: a contact before its company, any row before its history, and that
            # before what its trigger sends to interfaces.
            cursor.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        return bool(tables)


def kept_schemas(client_id: int) -> list[str]:
    """The schemas that a client's restores put aside, the last one first.

    They bear the client's number: a new client that takes a deleted one's name never gets its content.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname ~ %s",
            [f"^b2o_before_{client_id}_[0-9]+$"],
        )
        names = [name for (name,) in cursor.fetchall()]
    return sorted(names, key=_number, reverse=True)


def rename(schema: str, name: str) -> None:
    """ALTER SCHEMA … RENAME, on Django's connection."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER SCHEMA {quote(schema)} RENAME TO {quote(name)}")


def _free_name(client_id: int) -> str:
    kept = kept_schemas(client_id)
    return f"b2o_before_{client_id}_{_number(kept[0]) + 1 if kept else 1}"


def _number(schema: str) -> int:
    return int(schema.rsplit("_", 1)[1])
