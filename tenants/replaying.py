"""Many late clients at once: Django migrates one of them, and what it sent to the database is replayed in the others.

Clients that lack the same migrations have the same tables, so the same statements serve them. A migration with Python
in it, or without a transaction, cannot be replayed: Django runs it in each. Each migration is a transaction of its own
in each client, so whatever stops a run, the next one finds what is left (`migrating.late`).
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, OperationalError, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from psycopg import errors

from tenants import contenttypes, migrating
from tenants.connection import connection

WORKERS = 4
PAUSES = (0.5, 2.0)  # seconds before each new try of the clients whose tables somebody held


@dataclass
class Recorded:
    """One migration as it was run: its statements with their parameters."""

    app: str
    name: str
    statements: list[tuple[str, Any]] = field(default_factory=list)


class NotReplayable(Exception):
    """A migration of the plan must be run by Django in each client."""


def migrate_all(schemas: Iterable[str], told: Callable[[str], None] = lambda line: None) -> dict[str, str]:
    """Bring every schema to the template's migrations. Returns {schema: why not} of those that could not be.

    Several work at a time. Who holds a table longer than the lock time limit makes only that client wait, and it is
    tried again when the others are done.
    """
    waiting, failed = migrating.late(schemas), dict[str, str]()
    for pause in (0.0, *PAUSES):
        if not waiting:
            break
        time.sleep(pause)
        locked: dict[str, str] = {}
        for group in _alike(waiting):
            _migrate_alike(group, failed, locked)
        told(f"{len(waiting) - len(locked)} / {len(waiting)}")
        waiting = sorted(locked)
        failed = {schema: why for schema, why in failed.items() if schema not in locked}
        last = locked
    return failed | (last if waiting else {})


def _alike(schemas: list[str]) -> list[list[str]]:
    """The schemas in groups that have the same migrations."""
    groups = defaultdict(list)
    for schema, mark in migrating.fingerprints(schemas).items():
        groups[mark].append(schema)
    return list(groups.values())


def _migrate_alike(group: list[str], failed: dict[str, str], locked: dict[str, str]) -> None:
    """Migrate the first that can be, recording, then the others by the record, several at a time."""
    recorded: list[Recorded] | None = None
    rest = list(group)
    while rest and recorded is None:
        first = rest.pop(0)
        try:
            recorded = migrate_recording(first)
        except NotReplayable:
            rest.insert(0, first)
            break
        except DatabaseError as error:
            _note(first, error, failed, locked)
    with ThreadPoolExecutor(WORKERS) as pool:
        for schema, refusal in pool.map(lambda schema: _one(schema, recorded), rest):
            if refusal is not None:
                _note(schema, refusal, failed, locked)


def _note(schema: str, error: DatabaseError, failed: dict[str, str], locked: dict[str, str]) -> None:
    held = isinstance(error, OperationalError) and isinstance(error.__cause__, errors.LockNotAvailable)
    (locked if held else failed)[schema] = str(error).strip()


def _one(schema: str, recorded: list[Recorded] | None) -> tuple[str, DatabaseError | None]:
    try:
        if recorded is None:
            migrating.migrate_client(schema)
        else:
            replay(schema, recorded)
    except DatabaseError as error:
        return schema, error
    finally:
        connection.close()  # this thread's
    return schema, None


def migrate_recording(schema: str) -> list[Recorded]:
    """Migrate one schema by Django, and give what was sent. Raises NotReplayable, before anything is done."""
    recorded: list[Recorded] = []
    usual = connection.SchemaEditorClass

    class Recording(usual):  # type: ignore[misc, valid-type]
        def execute(self, sql: Any, params: Any = ()) -> Any:
            recorded[-1].statements.append((str(sql), params))
            return super().execute(sql, params)

    class Executor(MigrationExecutor):
        def apply_migration(self, state: Any, migration: Migration, *args: Any, **kwargs: Any) -> Any:
            recorded.append(Recorded(migration.app_label, migration.name))
            return super().apply_migration(state, migration, *args, **kwargs)

    connection.SchemaEditorClass = Recording
    try:
        migrating.migrate_client(schema, Executor, check=_demand_replayable)
    finally:
        del connection.SchemaEditorClass  # the class's own again
    return recorded


def _demand_replayable(plan: list[tuple[Migration, bool]]) -> None:
    for migration, _backwards in plan:
        if not migration.atomic or not all(operation.reduces_to_sql for operation in migration.operations):
            raise NotReplayable(migration)


def replay(schema: str, recorded: list[Recorded]) -> None:
    """Run recorded migrations in another schema, one transaction each. Raises DatabaseError."""
    with migrating.in_schema(schema):
        for one in recorded:
            with (
                transaction.atomic(),
                connection.cursor() as cursor,
                connection.schema_editor(atomic=False) as editor,
            ):
                migrating.limit_locks(cursor)
                for statement, params in one.statements:
                    editor.execute(statement, params)
                cursor.execute(
                    "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", [one.app, one.name]
                )
        migrating.copy_reference_rows(schema)
    contenttypes.forget(schema)
