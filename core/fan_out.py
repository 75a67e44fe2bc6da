"""One task for each client, or for those that have something to do: asked of all in few queries, so that beat wakes
only those."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django_tenants.utils import get_tenant_model, schema_context, tenant_context
from psycopg import sql

_SCHEMAS = 250  # in one query


def for_each_client(task: Any) -> None:
    """Send a Celery task once in each client. Called in public."""
    for client in get_tenant_model().objects.all():
        with tenant_context(client):
            task.delay()


def for_clients_where(task: Any, table: str, condition: str) -> None:
    """Send a Celery task once in each client where a row of `table` meets a condition: see `schemas_with`."""
    for schema in schemas_with(table, condition):
        with schema_context(schema):
            task.delay()


def schemas_with(table: str, condition: str) -> Iterator[str]:
    """The active clients' schemas where a row of `table` meets a condition in SQL, ours. Late schemas are left out.

    Called in public. A condition should have a partial index: it is asked in every schema.
    """
    clients = get_tenant_model().objects.values_list("schema_name", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relname = %s AND n.nspname = ANY (%s) ORDER BY 1",
            [table, list(clients)],
        )
        ready = [schema for (schema,) in cursor.fetchall()]
        one = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {} WHERE {})")
        for start in range(0, len(ready), _SCHEMAS):
            parts = [
                one.format(sql.Literal(schema), sql.Identifier(schema, table), sql.SQL(condition))
                for schema in ready[start : start + _SCHEMAS]
            ]
            cursor.execute(sql.SQL(" UNION ALL ").join(parts))
            yield from [schema for (schema,) in cursor.fetchall()]
