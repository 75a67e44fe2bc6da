"""Custom values in statements on many rows: only the keys that are given change, whoever else writes the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.lookups import Exact

from core.custom.column import NAME, CustomColumn, is_key
from core.custom.definitions import field_of


def assignments(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """What `update()` takes for {field: value}, custom fields among them."""
    changes = _json(model, values)
    plain = {name: value for name, value in values.items() if not is_key(name)}
    return {**plain, NAME: written(changes)} if changes else plain


def written(changes: Mapping[str, Any]) -> Func:
    """The column with these JSON values; None takes a key away."""
    gone = Value([key for key, value in changes.items() if value is None], output_field=ArrayField(TextField()))
    given = Value({key: value for key, value in changes.items() if value is not None}, output_field=CustomColumn())
    kept = Func(F(NAME), gone, template="(%(expressions)s)", arg_joiner=" - ", output_field=CustomColumn())
    return Func(kept, given, template="(%(expressions)s)", arg_joiner=" || ", output_field=CustomColumn())


def unlike(rows: QuerySet, values: Mapping[str, Any]) -> QuerySet:
    """The rows that do not have all of these values yet."""
    same = Q(**{name: value for name, value in values.items() if not is_key(name)})
    changes = _json(rows.model, values)
    if changes:
        now = Func(F(NAME), written(changes), template="(%(expressions)s)", arg_joiner=" = ")
        now.output_field = models.BooleanField()
        same &= Q(Exact(now, Value(True)))
    return rows.exclude(same)


def _json(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: field_of(model, name).to_json(value) for name, value in values.items() if is_key(name)}
