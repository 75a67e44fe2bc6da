"""Months as their first days, and the month that a row is in as its place among them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import DateField, DateTimeField, F, Func, IntegerField, Value
from django.utils import timezone


def month_among(name: str, marks: Sequence[dt.date]) -> Func:
    """The place, from 1, of the last mark that a date (or a moment, if they are moments) has reached; 0 before them.

    `marks`: the first days of months, in their order, or what `start_of` makes of them.
    """
    kind: Any = DateTimeField() if isinstance(marks[0], dt.datetime) else DateField()
    return Func(F(name), Value(list(marks), ArrayField(kind)), function="width_bucket", output_field=IntegerField())


def start_of(day: dt.date) -> dt.datetime:
    """Its first moment, by the client's clock."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def firsts_around(day: dt.date, before: int, after: int) -> list[dt.date]:
    """The first days of the months from so many before a day's to so many after."""
    place = day.year * 12 + day.month - 1
    return [dt.date(at // 12, at % 12 + 1, 1) for at in range(place - before, place + after + 1)]
