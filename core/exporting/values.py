"""Values of rows as files hold them: numbers, dates, labels and names, where core.display makes them HTML.

A column of a file says what the query must read (`paths`) and how a batch of it becomes plain values (`take`): batches
and not rows, since ninety thousand calls would cost more than the query itself.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import F, Func, Value
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone
from django.utils.translation import gettext as _

from core.custom.column import NAME
from core.custom.fields import (
    CheckboxField,
    ChoiceField,
    DateField,
    MoneyField,
    MultiChoiceField,
    NumberField,
    Virtual,
)

Values = Sequence[Any]
TEXT, NUMBER, DATE, MOMENT = "text", "number", "date", "moment"
_NAMES = 4096  # names of related rows kept while a file is written


@dataclass(frozen=True)
class Out:
    """A column of a file. `take` gets one list of values for each path; None gives those of the only one as they are.

    Plain values: str for text, int or Decimal, date; "2026-11-25 09:15:30" in the reader's zone; None for nothing.
    """

    name: str
    label: str
    kind: str
    paths: tuple[Any, ...]  # names or expressions
    take: Callable[..., Values] | None = None
    decimals: int = 0


def value_writer(field: models.Field, label: str) -> Out:
    """The column of a field: what cell_writer is to a page."""
    name = field.name
    if isinstance(field, Virtual):
        return _custom(field, label)
    if isinstance(field, models.ForeignKey):
        reads = read_by(field.related_model)
        paths = (field.attname, *(f"{name}__{read}" for read in reads))
        return Out(name, label, TEXT, paths, _names(field.related_model, reads))
    if field.choices:
        labels = {value: str(text) for value, text in field.flatchoices}
        return Out(name, label, TEXT, (name,), lambda values: [labels.get(value, value) for value in values])
    if isinstance(field, models.BooleanField):
        words = {True: _("Oui"), False: _("Non"), None: None}
        return Out(name, label, TEXT, (name,), lambda values: [words[value] for value in values])
    if isinstance(field, models.DateTimeField):
        return Out(name, label, MOMENT, (_local(name),))
    if isinstance(field, models.DateField):
        return Out(name, label, DATE, (name,))
    if isinstance(field, models.DecimalField):
        return Out(name, label, NUMBER, (name,), decimals=field.decimal_places)
    if isinstance(field, models.IntegerField):
        return Out(name, label, NUMBER, (name,))
    if isinstance(field, models.FloatField):  # repr: the shortest decimal that reads back as the same float
        return Out(name, label, NUMBER, (name,), lambda values: [_decimal(value) for value in values])
    if isinstance(field, models.CharField | models.TextField):
        return Out(name, label, TEXT, (name,))
    return Out(name, label, TEXT, (name,), lambda values: [None if value is None else str(value) for value in values])


def _custom(field: Virtual, label: str) -> Out:
    """The client's own fields: what the database gives is text, out of the JSON of the column `custom`."""
    path, name = (KeyTextTransform(field.name, NAME),), field.name
    if isinstance(field, NumberField):  # a MoneyField too
        decimals = field.decimals if isinstance(field, MoneyField) else 0
        return Out(name, label, NUMBER, path, _each(Decimal), decimals)
    if isinstance(field, DateField):
        return Out(name, label, DATE, path, _each(dt.date.fromisoformat))
    if isinstance(field, CheckboxField):
        return Out(name, label, TEXT, path, lambda values: [field.text(value == "true") for value in values])
    if isinstance(field, MultiChoiceField):
        return Out(name, label, TEXT, path, _each(lambda value: field.text(json.loads(value))))
    return Out(name, label, TEXT, path, _each(field.text) if isinstance(field, ChoiceField) else None)


def _each(turn: Callable[[str], Any]) -> Callable[[Values], Values]:
    return lambda values: [None if value is None else turn(value) for value in values]


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value))


def _local(name: str) -> Func:
    """Written by PostgreSQL: reading a moment and writing it costs psycopg and Python four times as much."""
    zone, shape = Value(timezone.get_current_timezone_name()), Value("YYYY-MM-DD HH24:MI:SS")
    here = Func(zone, F(name), function="timezone", output_field=models.DateTimeField())
    return Func(here, shape, function="to_char", output_field=models.TextField())


def _names(model: Any, reads: Sequence[str]) -> Callable[..., Values]:
    """How related rows are called: by `str`, on rows that hold only what it reads."""
    fields = [model._meta.pk.attname, *reads]

    @lru_cache(maxsize=_NAMES)
    def name(*values: Any) -> str | None:
        return None if values[0] is None else str(model.from_db(DEFAULT_DB_ALIAS, fields, values))

    return lambda *columns: list(map(name, *columns))


@lru_cache(maxsize=512)
def read_by(model: type[models.Model], title: Callable[[Any], str] = str) -> tuple[str, ...]:
    """The columns that a row's name is made of, in the model's order: found by asking for it once, on a made-up row.

    Asked twice, of a row that is filled and of one that is empty: "the full name, or else the e-mail". What a name
    only reads in yet another case is read from the database row by row: slower, never wrong.
    """
    seen: set[str] = set()
    for full in (True, False):
        row = model.from_db(DEFAULT_DB_ALIAS, [model._meta.pk.attname], [1])

        def load(*args: Any, fields: Iterable[str] = (), row: Any = row, full: bool = full, **kwargs: Any) -> None:
            for name in fields:
                seen.add(name)
                row.__dict__[name] = _sample(model._meta.get_field(name)) if full else _nothing(name, model)

        vars(row)["refresh_from_db"] = load  # what Django calls for a field that was not read
        title(row)
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname in seen)


def _sample(field: Any) -> Any:
    kinds: tuple[tuple[Any, Any], ...] = (
        (models.ForeignKey, None),
        (models.BooleanField, True),
        (models.DateTimeField, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        (models.DateField, dt.date(2026, 1, 1)),
        (models.DecimalField, Decimal(1)),
        (models.IntegerField | models.FloatField, 1),
        (models.CharField | models.TextField, next((value for value, _label in field.flatchoices if value), "x")),
    )
    return next((value for kind, value in kinds if isinstance(field, kind)), None)


def _nothing(name: str, model: type[models.Model]) -> Any:
    field = model._meta.get_field(name)
    if field.null:
        return None
    return "" if isinstance(field, models.CharField | models.TextField) else _sample(field)
