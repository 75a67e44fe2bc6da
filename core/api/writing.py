"""The body of a request, made into what the resource's form would have posted: the form alone judges the values."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import models
from django.forms.models import ModelChoiceField, ModelMultipleChoiceField
from django.http import QueryDict
from django.utils.translation import gettext as _

from core.api.problems import Fault, Problem
from core.api.serializer import Fact, described
from core.api.values import DECIMAL, Schema, schema_of
from core.custom.column import NAME, is_key
from core.fields import LookupField
from core.locking import put, put_value

_MOST_FAULTS = 50
_LARGEST = 2**63 - 1
_DIGITS = 40  # of a number; a form would refuse it anyway, and writing 1e999999999 out would take a gigabyte
_NUMBER = re.compile(DECIMAL)


class Wrong(Exception):
    """A value of the wrong shape: (code, what was expected)."""


@dataclass(frozen=True)
class Shape:
    """What may be sent for one field of the form: its schema, and what makes of it what the form's field takes."""

    name: str
    schema: Schema
    take: Callable[[Any], Any]
    required: bool  # to create: the form requires it and proposes nothing

    @property
    def place(self) -> str:
        return _place(self.name)


def shapes_of(form: Any, facts: list[Fact]) -> dict[str, Shape]:
    """The fields that this person may write."""
    known = {fact.name: fact for fact in facts}
    found = {}
    for name, field in form.fields.items():
        if field.disabled or isinstance(field, forms.FileField) or name not in known:
            continue
        fact = known[name]
        schema, take = _shape(field, fact.field)
        proposed = form.get_initial_for_field(field, name) not in (None, "", [])
        told = described(schema, fact.label, str(field.help_text or fact.help), fact.field)
        found[name] = Shape(name, told, take, field.required and not proposed)
    return found


# --- from a body to a form ----------------------------------------------------------------------------------------
def posted(
    form: Any, shapes: Mapping[str, Shape], body: Any, *, row: models.Model | None, shown: Mapping, whole: bool
) -> QueryDict:
    """What the form would have posted: the body's values, and for the rest the row's, or what the form proposes.

    `shown`: the record as it is read, so that a body that was read may be sent back. `whole`: nothing may be left out.
    Raises Problem with every fault of shape at once.
    """
    if not isinstance(body, dict):
        raise Problem("invalid-body", _('Envoyez un objet JSON : {"champ": valeur}.'))
    own = body.get(NAME, {})
    if not isinstance(own, dict):
        raise Problem("invalid-body", faults=[Fault("invalid", _('Un objet : {"f12": valeur}.'), field=NAME)])
    given = {**{name: value for name, value in body.items() if name in shapes and not is_key(name)},
             **{name: value for name, value in own.items() if name in shapes and is_key(name)}}  # fmt: skip
    faults = [*_strangers(given, body, shown), *_strangers(given, own, shown.get(NAME), f"{NAME}.")]
    data = QueryDict(mutable=True)
    for name, shape in shapes.items():
        if name in given:
            try:
                put_value(data, form, name, shape.take(given[name]))
            except Wrong as wrong:
                code, detail = wrong.args
                faults.append(Fault(code, detail, field=shape.place))
        elif whole or (row is None and shape.required):
            faults.append(Fault("required", _("Ce champ est nécessaire."), field=shape.place))
    if faults:
        raise Problem("invalid-body", faults=faults[:_MOST_FAULTS])
    for name in form.fields:
        if name not in given:
            _keep(data, form, name, row)
    return data


def _keep(data: QueryDict, form: Any, name: str, row: models.Model | None) -> None:
    field = form.fields[name]
    if row is not None and (is_key(name) or name in {known.name for known in row._meta.get_fields()}):
        put(data, form, name, row)
    elif not isinstance(field, forms.FileField):
        put_value(data, form, name, form.get_initial_for_field(field, name))


def _strangers(given: Mapping, sent: Mapping, shown: Any, within: str = "") -> Iterator[Fault]:
    """What is no field of the form. A fact that is only read may come back as it was."""
    known = shown if isinstance(shown, Mapping) else {}
    for name, value in sent.items():
        if (name in given and is_key(name) == bool(within)) or (not within and name == NAME):
            continue
        if name not in known:
            yield Fault("unknown", _("Ce champ n’existe pas, ou ne s’écrit pas."), field=f"{within}{name[:80]}")
        elif known[name] != value:
            yield Fault("read_only", _("Ce champ ne s’écrit pas."), field=f"{within}{name}")


def refused(form: Any) -> Problem:
    """What the form said, field by field."""
    faults = [
        Fault(error.code or "invalid", message, field=_place(name))
        for name, errors in form.errors.as_data().items()
        for error in errors
        for message in error.messages
    ]
    return Problem("refused", faults=faults[:_MOST_FAULTS])


def _place(name: str) -> str:
    return "" if name == NON_FIELD_ERRORS else f"{NAME}.{name}" if is_key(name) else name


# --- shapes -------------------------------------------------------------------------------------------------------
def _shape(field: forms.Field, column: models.Field | None) -> tuple[Schema, Callable[[Any], Any]]:
    if isinstance(field, ModelMultipleChoiceField):
        return {"type": "array", "items": _KEY, "uniqueItems": True}, _list(_key)
    if isinstance(field, LookupField | ModelChoiceField):
        return (_KEY, _key) if field.required else ({"anyOf": [*_KEY["anyOf"], {"type": "null"}]}, _or_null(_key))
    if isinstance(field, forms.MultipleChoiceField):
        values = [str(value) for value, _label in _flat(field.choices)]
        return {"type": "array", "items": {"type": "string", "enum": values}, "uniqueItems": True}, _list(_text)
    if isinstance(field, forms.NullBooleanField):
        return {"type": ["boolean", "null"]}, _or_null(_flag)
    if isinstance(field, forms.BooleanField):
        return {"type": "boolean"}, _flag
    if isinstance(field, forms.ChoiceField):
        return _choice(field, column)
    for kind, known, take in _SHAPES:
        if isinstance(field, kind):
            return _nullable(known, take, field)
    schema: Schema = {"type": "string"}
    if isinstance(field, forms.CharField) and field.max_length:
        schema["maxLength"] = field.max_length
    if field.required:
        schema["minLength"] = 1
    return (schema, _text) if column is None or not column.null else _nullable(schema, _text, field)


def _nullable(schema: Schema, take: Callable, field: forms.Field) -> tuple[Schema, Callable]:
    if field.required:
        return schema, take
    kind = schema["type"]
    return {**schema, "type": [*([kind] if isinstance(kind, str) else kind), "null"]}, _or_null(take)


def _choice(field: forms.ChoiceField, column: models.Field | None) -> tuple[Schema, Callable]:
    schema = schema_of(column) if column is not None else {"type": "string"}
    by_text = {str(value): value for value, _label in _flat(field.choices) if value not in ("", None)}
    null = column is not None and column.null
    values: list[Any] = [value for value in by_text.values() if isinstance(value, str | int)]
    if not field.required:
        values.append(None if null else "")

    def take(value: Any) -> str:
        if value == "" or (value is None and not field.required):  # the form says that a required one is missing
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int) or value not in by_text.values():
            raise Wrong("invalid_choice", _("Une de ces valeurs : %s.") % ", ".join(f"« {known} »" for known in values))
        return str(value)

    return {"type": schema.get("type", "string"), "enum": values}, take


def _flat(choices: Any) -> Iterator[tuple[Any, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield value, label


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("invalid", _("Un texte entre guillemets."))
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("invalid", _("true ou false."))
    return value


def _integer(value: Any) -> str:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST:
        raise Wrong("invalid", _("Un nombre entier."))
    return str(value)


def _decimal(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Wrong("invalid", _('Un nombre, ou son texte : "1234.50".'))
    if isinstance(value, Decimal):
        if abs(value.adjusted()) > _DIGITS:
            raise Wrong("invalid", _("Un nombre de %d chiffres au plus.") % _DIGITS)
        value = f"{value:f}"
    if not _NUMBER.match(str(value)) or len(str(value)) > 2 * _DIGITS:
        raise Wrong("invalid", _('Un nombre, ou son texte : "1234.50".'))
    return str(value)


def _date(value: Any) -> str:
    try:
        return dt.date.fromisoformat(value).isoformat() if len(value) == 10 else _date(None)
    except (TypeError, ValueError) as error:
        raise Wrong("invalid", _('Une date : "2026-11-25".')) from error


def _moment(value: Any) -> str:
    try:
        when = dt.datetime.fromisoformat(value)
        if when.tzinfo is None:
            raise ValueError(value)
        return when.astimezone(dt.UTC).isoformat()
    except (TypeError, ValueError, OverflowError) as error:
        raise Wrong("invalid", _('Une date et une heure avec fuseau : "2026-11-25T14:30:00+01:00".')) from error


def _time(value: Any) -> str:
    try:
        return dt.time.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise Wrong("invalid", _('Une heure : "14:30".')) from error


def _key(value: Any) -> int:
    if (
        isinstance(value, dict)
        and "id" in value
        and value.keys() <= {"id", "label"}
        and isinstance(value.get("label", ""), str)
    ):
        value = value["id"]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _LARGEST:
        raise Wrong("invalid", _('La clé d’une fiche : 12, ou {"id": 12}.'))
    return value


def _list(take: Callable[[Any], Any]) -> Callable[[Any], list]:
    def all_of(value: Any) -> list:
        if not isinstance(value, list) or len(value) > 1000:
            raise Wrong("invalid", _("Une liste : [12, 15]."))
        taken = [take(item) for item in value]
        if len(set(taken)) < len(taken):
            raise Wrong("repeated", _("Chaque valeur se donne une fois."))
        return taken

    return all_of


def _or_null(take: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else take(value)


_ID: Schema = {"type": "integer", "minimum": 1, "maximum": _LARGEST}
_KEY: Schema = {
    "anyOf": [
        _ID,
        {
            "type": "object", "properties": {"id": _ID, "label": {"type": "string"}},
            "required": ["id"], "additionalProperties": False,
        },
    ]
}  # fmt: skip
# Of numbers, the particular before the general: a decimal field is a kind of integer field in Django.
_SHAPES: tuple[tuple[type[forms.Field], Schema, Callable[[Any], Any]], ...] = (
    (forms.DecimalField, {"type": ["string", "number"], "pattern": DECIMAL}, _decimal),
    (forms.FloatField, {"type": ["string", "number"], "pattern": DECIMAL}, _decimal),
    (forms.IntegerField, {"type": "integer"}, _integer),
    (forms.DateTimeField, {"type": "string", "format": "date-time"}, _moment),
    (forms.DateField, {"type": "string", "format": "date"}, _date),
    (forms.TimeField, {"type": "string"}, _time),
)
