"""One at a time of one client, over all processes."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from core.place import active_schema

_KEY = "hashtextextended(%s, 0)"


@contextmanager
def alone(at: str) -> Iterator[bool]:
    """Hold what `at` names, of the active client, for the length of a block; yields False where another has it.

    A lock of the session, not of a transaction: PostgreSQL lets go of it when the process dies.
    """
    name = f"{active_schema()}:{at}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({_KEY})", [name])
        mine = cursor.fetchone()[0]
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({_KEY})", [name])
