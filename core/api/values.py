"""Values of model fields as JSON, and the JSON Schema that says so."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import models
from django.utils.duration import duration_iso_string

from core.custom.column import NAME, is_key
from core.custom.fields import CheckboxField, MoneyField, MultiChoiceField

Reader = Callable[[models.Model], Any]
Schema = dict[str, Any]

LINK: Schema = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "label": {"type": "string"}},
    "required": ["id", "label"],
    "additionalProperties": False,
}


def link(row: models.Model) -> dict[str, Any]:
    """Another row: its key, and its name as people read it."""
    return {"id": row.pk, "label": str(row)}


def moment(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def json_of(field: models.Field) -> Callable[[Any], Any]:
    """What turns a value of a field, never None, into JSON."""
    for kind, turn in _TURNS:
        if isinstance(field, kind):
            return turn
    return str


# Datetimes before dates: each is a kind of the other in Django.
_TURNS: tuple[tuple[type[models.Field] | tuple[type[models.Field], ...], Callable[[Any], Any]], ...] = (
    (models.DateTimeField, moment),
    ((models.DateField, models.TimeField), lambda value: value.isoformat()),
    (models.DecimalField, lambda value: f"{value:f}"),
    (models.DurationField, duration_iso_string),
    ((models.BooleanField, models.IntegerField, models.FloatField, models.JSONField), lambda value: value),
)


def reader(field: models.Field) -> Reader:
    """The field's value of any row, as JSON: looked up once for many rows."""
    if is_key(field.name):
        return _of_custom(field)
    if isinstance(field, models.ManyToManyField):
        return lambda row: [link(other) for other in getattr(row, field.name).all()]
    if isinstance(field, models.ForeignKey):
        return lambda row: None if getattr(row, field.attname) is None else link(getattr(row, field.name))
    turn = json_of(field)
    if turn is str and isinstance(field, models.CharField | models.TextField):
        return lambda row: getattr(row, field.attname)
    return lambda row: None if (value := getattr(row, field.attname)) is None else turn(value)


def _of_custom(field: Any) -> Reader:
    """A custom field: its values lie in one column of the row."""
    name, value_of = field.name, field.from_json
    turn: Callable[[Any], Any] = json_of(field)
    if isinstance(field, MultiChoiceField):
        turn = list
    elif isinstance(field, MoneyField):  # the column keeps no zero at the end; a column of the model's own would

        def turn(value: Any) -> str:
            return f"{value:.2f}"

    def read(row: models.Model) -> Any:
        value = value_of(getattr(row, NAME).get(name))
        return None if value is None else turn(value)

    return read


def schema_of(field: models.Field) -> Schema:
    """The JSON Schema of what `reader` gives."""
    if isinstance(field, MultiChoiceField):
        return {"type": "array", "items": {"type": "string", "enum": [value for value, _label in field.flatchoices]}}
    if isinstance(field, CheckboxField):
        return {"type": "boolean"}
    if isinstance(field, models.ManyToManyField):
        return {"type": "array", "items": LINK}
    if isinstance(field, models.ForeignKey):
        return {"anyOf": [LINK, {"type": "null"}]} if field.null else LINK
    found = _type(field)
    if field.flatchoices:
        values = [value for value, _label in field.flatchoices if value is not None]
        if field.blank and "" not in values and found["type"] == "string":
            values.append("")
        return {"type": [found["type"], "null"], "enum": [*values, None]} if field.null else {**found, "enum": values}
    return {**found, "type": [found["type"], "null"]} if field.null and "type" in found else found


def _type(field: models.Field) -> Schema:
    for kind, schema in _TYPES:
        if isinstance(field, kind):
            return dict(schema)
    return {"type": "string"}


DECIMAL = r"^-?\d+(\.\d+)?$"
_TYPES: tuple[tuple[type[models.Field], Schema], ...] = (
    (models.DateTimeField, {"type": "string", "format": "date-time"}),
    (models.DateField, {"type": "string", "format": "date"}),
    (models.TimeField, {"type": "string"}),
    (models.DecimalField, {"type": "string", "pattern": DECIMAL}),
    (models.BooleanField, {"type": "boolean"}),
    (models.IntegerField, {"type": "integer"}),
    (models.FloatField, {"type": "number"}),
    (models.JSONField, {}),
    (models.UUIDField, {"type": "string", "format": "uuid"}),
)
