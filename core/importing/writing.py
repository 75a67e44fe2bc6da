"""Bulk statements. The history triggers work by statement: each of these is recorded row by row."""

import re
from collections.abc import Sequence
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Field, Model
from django.utils.translation import gettext as _

from core.importing.importer import Draft, Importer

REFUSED = (IntegrityError, DataError)


def write(importer: Importer, drafts: Sequence[Draft]) -> None:
    """Write the drafts whose outcome is created or updated. One that the database refuses becomes refused."""
    for outcome, statement in (("created", _create), ("updated", _update)):
        chosen = [draft for draft in drafts if draft.outcome == outcome]
        if not chosen:
            continue
        try:
            with transaction.atomic():
                statement(importer, chosen)
        except REFUSED:
            _one_by_one(importer, chosen, statement)


def _one_by_one(importer: Importer, drafts: Sequence[Draft], statement: Any) -> None:
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
    importer.model._default_manager.bulk_create([importer.instance(draft) for draft in drafts])


def _update(importer: Importer, drafts: Sequence[Draft]) -> None:
    """UPDATE … FROM unnest(…): a tenth of the time of bulk_update's CASE WHEN for a thousand rows.

    Columns that only some of the drafts change are written back as they were read: the rows are locked.
    """
    names = list(dict.fromkeys(name for draft in drafts for name in draft.changes))
    fields = [importer.fields[name] for name in names]
    rows = [draft.row for draft in drafts]
    for draft in drafts:
        for name, (_old, new) in draft.changes.items():
            setattr(draft.row, name, new)
    touched = [field for field in importer.fields.values() if getattr(field, "auto_now", False)]
    for row in rows:
        for field in touched:
            field.pre_save(row, add=False)
    bulk_update(importer.model, rows, [*fields, *touched])


def bulk_update(model: type[Model], rows: Sequence[Any], fields: Sequence[Field]) -> None:
    """Write these fields of saved rows in one statement."""
    quote = connection.ops.quote_name
    columns = [quote(str(field.column)) for field in fields]
    types = [re.sub(r"\(.*?\)", "", str(field.db_type(connection))) for field in fields]
    arrays = ", ".join(["%s::bigint[]", *(f"%s::{kind}[]" for kind in types)])
    sets = ", ".join(f"{column} = v.{column}" for column in columns)
    names = ", ".join(["id", *columns])
    values: list[Any] = [[row.pk for row in rows]]
    for field in fields:
        values.append([field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows])
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(model._meta.db_table)} t SET {sets} FROM unnest({arrays}) AS v({names}) WHERE t.id = v.id",  # noqa: S608 - names of our own columns
            values,
        )
