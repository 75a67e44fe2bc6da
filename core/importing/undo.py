"""Taking an import back: created rows go, changed rows get their former values, all of it from the history."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import Model

from core.custom.column import NAME as CUSTOM
from core.models import Event, Tagging
from core.registry import registry

SHOWN = 20  # rows named when an undo is refused


class Entangled(Exception):
    """Rows of the import were changed since, or others depend on them. `pks`: at most SHOWN; `count`: all."""

    def __init__(self, model: type[Model], pks: list[int], count: int) -> None:
        super().__init__(count)
        self.model, self.pks, self.count = model, pks, count


def undo(model: type[Model], operation: str, *, undone: Iterable[int] = ()) -> None:
    """Undo every event of `operation` ("import:12"): the model's rows, then those that they named and it created.

    Call in a transaction. `undone`: the numbers of other imports that were taken back: what they did and undid is no
    change. Raises Entangled, having written nothing. `updated_at` becomes the moment of the undo.
    """
    void = [f"{verb}:{number}" for number in undone for verb in ("import", "undo")]
    models = [model, *_named(model, operation)]
    for each in models:
        _lock(each, operation)
    for each in models:
        stuck = _entangled(each, operation, void)
        if stuck:
            raise Entangled(each, sorted(stuck)[:SHOWN], len(stuck))
    for each in models:
        _restore(each, operation)
    _untag(operation)
    for each in models:
        _delete(each, operation)


def _named(model: type[Model], operation: str) -> list[type[Model]]:
    """The other models of resources of which the operation made rows."""
    labels = Event.objects.filter(operation=operation).order_by().values_list("model", flat=True).distinct()
    return [
        registry.by_label[label].model
        for label in labels
        if label in registry.by_label and label != model._meta.label_lower
    ]


def _untag(operation: str) -> None:
    """Take the import's tags off. They stay, inactive: their number leads the history to the record."""
    ours = Event.objects.filter(operation=operation, model=Tagging._meta.label_lower).values("object_id")
    Tagging.objects.filter(pk__in=ours, active=True).update(active=False)


def _lock(model: type[Model], operation: str) -> None:
    """Nobody changes the import's rows, or points to them, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*) FROM (
                SELECT FROM {connection.ops.quote_name(model._meta.db_table)} t
                WHERE t.id IN (SELECT object_id FROM core_event WHERE operation = %s AND model = %s)
                ORDER BY t.id FOR UPDATE) locked
            """,  # noqa: S608 - a name of our own
            [operation, model._meta.label_lower],
        )


def _entangled(model: type[Model], operation: str, void: list[str]) -> set[int]:
    """Rows changed by a later event, whose values were erased from the history, or that other rows now point to."""
    label, quote = model._meta.label_lower, connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.object_id FROM core_event e
            WHERE e.operation = %(operation)s AND e.model = %(model)s AND (
                EXISTS (
                    SELECT FROM core_event l
                    WHERE l.model = e.model AND l.object_id = e.object_id AND l.id > e.id
                      AND l.operation <> e.operation AND NOT l.operation = ANY(%(void)s))
                OR e.kind = 'updated' AND NOT EXISTS (
                    SELECT FROM core_eventvalues v WHERE v.event_id = e.id AND v.before ?& e.fields::text[]))
            """,
            {"operation": operation, "model": label, "void": void},
        )
        found = {pk for (pk,) in cursor.fetchall()}
        for relation in model._meta.related_objects:
            table, column = relation.related_model._meta.db_table, str(relation.field.column)
            cursor.execute(
                f"""
                SELECT DISTINCT e.object_id FROM core_event e
                JOIN {quote(table)} r ON r.{quote(column)} = e.object_id
                WHERE e.operation = %(operation)s AND e.model = %(model)s AND e.kind = 'created' AND NOT EXISTS (
                    SELECT FROM core_event c WHERE c.operation = e.operation
                      AND c.model = %(other)s AND c.object_id = r.id)
                """,  # noqa: S608 - names of our own tables
                {"operation": operation, "model": label, "other": relation.related_model._meta.label_lower},
            )
            found.update(pk for (pk,) in cursor.fetchall())
    return found


_CUSTOM_BEFORE = """
    SELECT coalesce(jsonb_object_agg(b.key, b.value), '{}') FROM jsonb_each(v.before) b
    WHERE b.key ~ '^[fr][1-9][0-9]{0,8}$'
"""


def _restore(model: type[Model], operation: str) -> None:
    """Give changed rows the values that they had before, the history's JSON read by PostgreSQL itself."""
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = [
        str(field.column)
        for field in model._meta.concrete_fields
        if not field.primary_key and not field.generated and not getattr(field, "auto_now", False)
    ]
    sets = [f"{quote(column)} = r.{quote(column)}" for column in columns if column != CUSTOM]
    if CUSTOM in columns:  # the history tells each custom field apart; what had no value loses its key again
        sets.append(f"{CUSTOM} = jsonb_strip_nulls(o.{CUSTOM} || ({_CUSTOM_BEFORE}))")
    sets += [f"{quote(str(f.column))} = now()" for f in model._meta.concrete_fields if getattr(f, "auto_now", False)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {table} t SET {", ".join(sets)}
            FROM core_event e JOIN core_eventvalues v ON v.event_id = e.id
            JOIN {table} o ON o.id = e.object_id
            CROSS JOIN LATERAL jsonb_populate_record(o, v.before) r
            WHERE e.operation = %s AND e.model = %s AND e.kind = 'updated' AND t.id = o.id
            """,  # noqa: S608 - names of our own columns
            [operation, model._meta.label_lower],
        )


def _delete(model: type[Model], operation: str) -> None:
    """Delete created rows in one statement: `_entangled` has made sure that nothing else points to them."""
    created = Event.objects.filter(operation=operation, model=model._meta.label_lower, kind=Event.Kind.CREATED)
    rows = model._default_manager.filter(pk__in=created.values("object_id"))
    rows._raw_delete(rows.db)
