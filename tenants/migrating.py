"""Bringing every schema to the code's migrations: public, then the template, then the clients that are late."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from tenants import contenttypes
from tenants.connection import connection

_CHUNK = 250  # schemas in one query
_LOCK_TIMEOUT = "3s"  # a migration waiting for a lock must not make everyone else wait behind it


def fingerprints(schemas: Iterable[str]) -> dict[str, str]:
    """The hash of the migrations recorded in each schema, in one query for 250 of them."""
    names, found = list(schemas), {}
    for start in range(0, len(names), _CHUNK):
        one = "SELECT {}::text, md5(coalesce(string_agg(app||'.'||name, ',' ORDER BY app, name), '')) FROM {}"
        query = sql.SQL(" UNION ALL ").join(
            sql.SQL(one).format(sql.Literal(name), sql.Identifier(name, "django_migrations"))
            for name in names[start : start + _CHUNK]
        )
        with connection.cursor() as cursor:
            cursor.execute(query)
            found.update(dict(cursor.fetchall()))
    return found


def late(schemas: Iterable[str]) -> list[str]:
    """Those of the schemas whose migrations are not the template's, in order."""
    marks = fingerprints([settings.TEMPLATE_SCHEMA, *schemas])
    wanted = marks.pop(settings.TEMPLATE_SCHEMA)
    return [schema for schema, mark in marks.items() if mark != wanted]


def is_current(schema: str) -> bool:
    """Whether a schema (public or the template) has every migration of the code."""
    with in_schema(schema):
        if not MigrationRecorder(connection).has_table():
            return False
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def limit_locks(cursor: Any) -> None:
    """For the rest of the transaction."""
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_LOCK_TIMEOUT])


def migrate_client(
    schema: str,
    executor_class: type[MigrationExecutor] = MigrationExecutor,
    check: Callable[[list[tuple[Migration, bool]]], None] = lambda plan: None,
) -> None:
    """Apply what a client's schema lacks; content types and permissions get the template's ids.

    `check` sees the plan first and may refuse it. Raises DatabaseError; what was applied before the failing migration
    stays (migrations are atomic one by one).
    """
    with in_schema(schema):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [_LOCK_TIMEOUT])
        try:
            executor = executor_class(connection)
            targets = executor.loader.graph.leaf_nodes()
            plan = executor.migration_plan(targets)
            check(plan)
            executor.migrate(targets, plan)
            copy_reference_rows(schema)
        finally:
            connection.close()  # back to the pool, which forgets the time limit
    contenttypes.forget(schema)


@transaction.atomic
def copy_reference_rows(schema: str) -> None:
    for table in ("django_content_type", "auth_permission"):
        source = sql.Identifier(settings.TEMPLATE_SCHEMA, table)
        target = sql.Identifier(schema, table)
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL(
                    "INSERT INTO {t} OVERRIDING SYSTEM VALUE SELECT * FROM {s} ON CONFLICT DO NOTHING"
                ).format(t=target, s=source)
            )  # fmt: skip
            cursor.execute(
                sql.SQL("SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM {t}))").format(t=target),
                [f"{schema}.{table}"],
            )


def ensure_schema(schema: str) -> None:
    """Create a schema and its table of migrations where they are absent."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
    with in_schema(schema):
        MigrationRecorder(connection).ensure_schema()


class in_schema:  # noqa: N801 - it is used as a function is
    """Like schema_context, without public in the search path: nothing of public can be taken for the schema's own."""

    def __init__(self, schema: str) -> None:
        self.schema = schema

    def __enter__(self) -> None:
        self.previous = connection.tenant
        connection.set_schema(self.schema, include_public=False)

    def __exit__(self, *exc: object) -> None:
        connection.set_tenant(self.previous)
