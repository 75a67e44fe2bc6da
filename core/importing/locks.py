"""Who is at work, told by PostgreSQL: its locks vanish with the process that held them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# The schema is part of the name: advisory locks belong to the whole database.
_KEY = "hashtextextended(%s, 0)"


def _name(what: str) -> str:
    return f"{connection.schema_name}:import:{what}"  # type: ignore[attr-defined]


@contextmanager
def at_work(pk: int) -> Iterator[bool]:
    """Hold a batch for the length of a block. False when another process has it: then do nothing."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({_KEY})", [_name(str(pk))])
        mine = cursor.fetchone()[0]
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({_KEY})", [_name(str(pk))])


def is_held(pk: int) -> bool:
    """Whether some process is at work on a batch. Takes no lock itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT EXISTS (
                SELECT FROM pg_locks l, {_KEY} k
                WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND (l.classid::bigint << 32 | l.objid::bigint) = k)
            """,  # noqa: S608 - _KEY is ours
            [_name(str(pk))],
        )
        return cursor.fetchone()[0]


def one_at_a_time(label: str) -> None:
    """Wait until no other import or undo writes this model in this client; held until the transaction ends.

    Two files with the same rows would otherwise wait for each other's locks.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({_KEY})", [_name(label)])
