"""Bulk statements. The history triggers work by statement: each of these is recorded row by row.

Arrays and unnest() instead of bulk_create and bulk_update, whose thousands of placeholders cost Django and psycopg
more than the writing costs PostgreSQL: 0.6 ms a row against 0.2.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Field, Model
from django.utils import timezone
from django.utils.translation import gettext as _

from core.importing.importer import Draft, Importer

REFUSED = (IntegrityError, DataError)


def write(importer: Importer, drafts: Sequence[Draft]) -> None:
    """Write the drafts whose outcome is created or updated. One that the database refuses becomes refused."""
    for draft in drafts:
        draft.pk = draft.row.pk if draft.row is not None else None
    for outcome, statement in (("created", _create), ("updated", _update)):
        chosen = [draft for draft in drafts if draft.outcome == outcome]
        chosen = [draft for draft in chosen if outcome == "created" or draft.changes]  # others change beside the row
        if not chosen:
            continue
        try:
            with transaction.atomic():
                statement(importer, chosen)
        except REFUSED:
            _one_by_one(importer, chosen, statement)


def _one_by_one(importer: Importer, drafts: Sequence[Draft], statement: Callable[..., None]) -> None:
    """After a bulk statement failed: find which lines the database refuses."""
    for draft in drafts:
        try:
            with transaction.atomic():
                statement(importer, [draft])
        except REFUSED as error:
            draft.refuse(_reason(importer.model, error))


def _reason(model: type[Model], error: Exception) -> str:
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if name and any(name == constraint.name for constraint in model._meta.constraints):
        return _("La base refuse cette ligne (règle « %s ») : une autre fiche porte peut-être ces valeurs.") % name
    return _("La base refuse cette ligne : une de ses valeurs ne convient pas.")


def _create(importer: Importer, drafts: Sequence[Draft]) -> None:
    """INSERT … SELECT: an array for each column that the file fills, a constant for each default."""
    given = {name for draft in drafts for name in draft.values}
    if importer.wants_pks:
        _take_numbers(importer.model, drafts)
    constants: dict[Field, Any] = {}
    arrays: dict[Field, list[Any]] = {}
    for field in importer.fields.values():
        if field.name in given:
            arrays[field] = [prepared(field, draft.values.get(field.name, field.get_default())) for draft in drafts]
        elif field.primary_key and importer.wants_pks:
            arrays[field] = [draft.pk for draft in drafts]
        elif getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            constants[field] = timezone.now()
        elif field.name in importer.initial:
            constants[field] = prepared(field, importer.initial[field.name])
        elif not (field.primary_key or field.generated or field.has_db_default()):
            constants[field] = prepared(field, field.get_default())
    _insert(importer.model, constants, arrays)


def _take_numbers(model: type[Model], drafts: Sequence[Draft]) -> None:
    """Give each draft its row's key before the row is there: INSERT … RETURNING promises no order."""
    pk = model._meta.pk
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [connection.ops.quote_name(model._meta.db_table), str(pk.column), len(drafts)],
        )
        for draft, (number,) in zip(drafts, cursor.fetchall(), strict=True):
            draft.pk = number


def _insert(model: type[Model], constants: dict[Field, Any], arrays: dict[Field, list[Any]]) -> None:
    quote = connection.ops.quote_name
    columns = [quote(str(field.column)) for field in (*constants, *arrays)]
    selected = [f"%s::{type_of(field)}" for field in constants] + [f"v.{quote(str(field.column))}" for field in arrays]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(columns)}) "  # noqa: S608 - names of our own columns
            f"SELECT {', '.join(selected)} FROM {_unnest(arrays)}",
            [*constants.values(), *arrays.values()],
        )


def _update(importer: Importer, drafts: Sequence[Draft]) -> None:
    """UPDATE … FROM. Columns that only some drafts change are written back as they were read: rows are locked."""
    arrays: dict[Field, list[Any]] = {importer.model._meta.pk: [draft.row.pk for draft in drafts if draft.row]}
    for name in dict.fromkeys(name for draft in drafts for name in draft.changes):
        field = importer.fields[name]
        values = (
            draft.changes[name][1] if name in draft.changes else getattr(draft.row, field.attname) for draft in drafts
        )
        arrays[field] = [prepared(field, value) for value in values]
    quote = connection.ops.quote_name
    pk, *columns = (quote(str(field.column)) for field in arrays)
    sets = [f"{column} = v.{column}" for column in columns]
    sets += [
        f"{quote(str(field.column))} = now()" for field in importer.fields.values() if getattr(field, "auto_now", False)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(importer.model._meta.db_table)} t SET {', '.join(sets)} "  # noqa: S608 - names of our own columns
            f"FROM {_unnest(arrays)} WHERE t.{pk} = v.{pk}",
            list(arrays.values()),
        )


def prepared(field: Field, value: Any) -> Any:
    """The value as the database driver takes it."""
    return value if isinstance(value, str) else field.get_db_prep_save(value, connection)


def type_of(field: Field) -> str:
    """The column's type without its length: a cast would cut text short in silence."""
    return re.sub(
        r"\(.*?\)", "", str(field.rel_db_type(connection) if field.primary_key else field.db_type(connection))
    )


def _unnest(arrays: dict[Field, list[Any]]) -> str:
    quote = connection.ops.quote_name
    parts = ", ".join(f"%s::{type_of(field)}[]" for field in arrays)
    return f"unnest({parts}) AS v({', '.join(quote(str(field.column)) for field in arrays)})"
