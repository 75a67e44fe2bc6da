"""Filters that CRM's lists share."""

import datetime as dt
from functools import lru_cache
from typing import Any

import django_filters
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.display import NONE
from core.filters import MonthFacet, Pairs, Spans
from core.months import firsts_around

PAST, LATER = "past", "later"


class MonthAhead(MonthFacet):
    """A month of a date that is still to come, or has been; all before the present one, all after those offered."""

    BEFORE, AFTER = 6, 9

    def spans(self) -> Spans:
        present, *_months, beyond = firsts_around(timezone.localdate(), 0, self.AFTER + 1)
        return {PAST: (_("Avant ce mois-ci"), None, present), LATER: (_("Plus tard"), beyond, None)}

    def months(self) -> Pairs:
        return _around(timezone.localdate().replace(day=1), self.BEFORE, self.AFTER, get_language())


YEAR = "year"  # the twelve months of a dashboard


class MonthBehind(MonthFacet):
    """A month of what has been, or all of the last twelve."""

    def spans(self) -> Spans:
        return {YEAR: (_("Douze derniers mois"), firsts_around(timezone.localdate(), 11, 0)[0], None)}


class TextOrNone(django_filters.CharFilter):
    """Exactly this text; NONE finds the rows without any."""

    def filter(self, rows: Any, value: str) -> Any:
        return super().filter(rows, value) if value != NONE else rows.filter(**{self.field_name: ""})


@lru_cache(maxsize=16)
def _around(month: dt.date, before: int, after: int, language: str | None) -> Pairs:
    """The months from so many before one to so many after it. Kept: a list asks for them several times a page."""
    place = month.year * 12 + month.month - 1 + after
    last = dt.date(place // 12, place % 12 + 1, 1)
    months = MonthFacet.last(before + after + 1, last)
    return tuple((f"{year}-{month:02}", MonthFacet.label_of(year, month)) for year, month in months)
