"""The indexes that sorted and filtered custom fields want, in the client's own schema.

They are no migration's: their names begin with `cf_`, and what is there is compared with what the definitions want. A
name holds a digest of its definition, so that one whose expression changed (options in another order) is made anew.
"""

from __future__ import annotations

import hashlib
import logging
from functools import partial

from django.apps import apps
from django.db import Error, connection, models, transaction
from django_tenants.utils import schema_context
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from core.custom.column import NAME
from core.custom.definitions import definitions, fields_of
from core.custom.fields import Virtual
from core.place import active_schema

PREFIX = "cf_"
AT_ONCE = 20_000  # rows: below, an index takes some 0.1 s and is made while the person waits
_LOCK_TIMEOUT = "3s"  # an index that waits for a lock must not make everyone else wait behind it
_log = logging.getLogger(__name__)


def wanted(model: type[models.Model]) -> dict[str, str]:
    """{name: what follows "ON table"} for the live fields of a model."""
    found = {}
    for field in fields_of(model):
        for definition in _definitions(field):
            digest = hashlib.sha256(f"{model._meta.db_table} {definition}".encode()).hexdigest()[:12]
            found[f"{PREFIX}{field.name}_{digest}"] = definition
    return found


def _definitions(field: Virtual) -> list[str]:
    said, out = field.definition, []
    if field.sorts and (said.sortable or (said.filterable and said.kind not in ("choice", "checkbox"))):
        out.append(f'USING btree ({field.sort_sql(NAME)}, "id")')
    if said.filterable and said.kind == "choice":
        out.append(f"USING btree (({NAME} ->> '{field.name}'))")
    if said.filterable and said.kind == "choices":
        out.append(f"USING gin (({NAME} -> '{field.name}') jsonb_path_ops)")
    return out


def present(model: type[models.Model]) -> dict[str, bool]:
    """{name: whether it is valid} of those that the table has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, i.indisvalid FROM pg_catalog.pg_index i "
            "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
            "WHERE i.indrelid = to_regclass(%s) AND starts_with(c.relname, %s)",
            [connection.ops.quote_name(model._meta.db_table), PREFIX],
        )
        return dict(cursor.fetchall())


def is_small(model: type[models.Model]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples FROM pg_catalog.pg_class WHERE oid = to_regclass(%s)",
            [connection.ops.quote_name(model._meta.db_table)],
        )
        estimate = cursor.fetchone()[0]
    if estimate >= 0:
        return estimate < AT_ONCE
    return model._base_manager.order_by()[: AT_ONCE + 1].count() <= AT_ONCE  # never analysed


def reconcile(model: type[models.Model]) -> list[str]:
    """Make what lacks and drop what nobody wants any more; returns the names of what could not be done now.

    Outside a transaction nobody waits (CONCURRENTLY); inside one, as tests are, the table is locked.
    """
    with connection.cursor() as cursor:
        # Tried, not waited for: a statement that waits holds a snapshot, for which the other's index would wait.
        place = f"{active_schema()}:{model._meta.db_table}"
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 4050))", [place])
        if not cursor.fetchone()[0]:
            return [place]
        try:
            return _reconcile(model)
        finally:
            if not connection.needs_rollback:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 4050))", [place])


def _reconcile(model: type[models.Model]) -> list[str]:
    needed, there = wanted(model), present(model)
    failed = []
    for name in sorted({name for name, valid in there.items() if name not in needed or not valid}):
        failed += _run(f"DROP INDEX {_mode()} IF EXISTS {connection.ops.quote_name(name)}", name)
    made = False
    for name, definition in needed.items():
        if not there.get(name):
            table = connection.ops.quote_name(model._meta.db_table)
            failed += _run(f"CREATE INDEX {_mode()} {connection.ops.quote_name(name)} ON {table} {definition}", name)
            made = True
    if made:  # without it the planner knows nothing of the new expressions
        _run(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}", "")
    return failed


def _mode() -> str:
    return "" if connection.in_atomic_block else "CONCURRENTLY"


def _run(statement: str, name: str) -> list[str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [_LOCK_TIMEOUT])
            cursor.execute(statement)
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")
    except Error as error:
        if connection.in_atomic_block:
            raise
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")
        _log.warning("custom index %s: %s", name, str(error).strip())
        return [name]
    return []


def follow(model: type[models.Model]) -> None:
    """Called by the actions on definitions: the indexes follow once those are committed, at once or by a worker."""
    transaction.on_commit(partial(_follow, active_schema(), model))


def _follow(schema: str, model: type[models.Model]) -> None:
    from core.custom.tasks import build_indexes

    with schema_context(schema):
        if set(wanted(model)) == {name for name, valid in present(model).items() if valid}:
            return
        if not is_small(model) or reconcile(model):
            try:
                build_indexes.delay(model._meta.label_lower)
            except (BrokerError, RedisError):  # lists work without, slower; the night makes it
                _log.warning("custom indexes of %s wait: the broker does not answer", model._meta.label)


def reconcile_all() -> None:
    """What a lock or a crash prevented: each night. An index that failed half-way is made anew."""
    for label in definitions().fields:
        reconcile(apps.get_model(label))
