"""Who changes what, told to PostgreSQL, whose triggers keep the history (tenants/sql/history.sql)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


def tell(*, actor: Any = None, screen: str = "", operation: str = "") -> None:
    """Name the author of this connection's next changes: the person, the screen, the operation ("import:12").

    One query. The connection pool forgets it when the request or the task ends.
    """
    known = bool(getattr(actor, "pk", None))
    named = known or getattr(actor, "is_authenticated", False)  # an interface, or the support, has a name and no row
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('b2o.actor', %s, false), set_config('b2o.actor_name', %s, false), "
            "set_config('b2o.screen', %s, false), set_config('b2o.operation', %s, false)",
            [str(actor.pk) if known else "", str(actor)[:160] if named else "", screen[:200], operation[:80]],
        )


@contextmanager
def by(actor: Any, *, screen: str = "", operation: str = "") -> Iterator[None]:
    """`tell` for the length of a block, then nobody again."""
    tell(actor=actor, screen=screen, operation=operation)
    try:
        yield
    finally:
        if not connection.needs_rollback and connection.connection is not None:
            tell()


@contextmanager
def operation(name: str) -> Iterator[None]:
    """Name what the changes of a block belong to ("bin:…"), whoever makes them. Call in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('b2o.operation', true)")
        before = cursor.fetchone()[0] or ""
        cursor.execute("SELECT set_config('b2o.operation', %s, false)", [name[:80]])
        yield
        # Not in a `finally`: after an error the transaction is rolled back, and the setting with it.
        cursor.execute("SELECT set_config('b2o.operation', %s, false)", [before])
