"""Filters that CRM's lists share."""

import datetime as dt
from functools import lru_cache

from django.utils import timezone
from django.utils.translation import get_language

from core.filters import MonthFacet, Pairs


class MonthAhead(MonthFacet):
    """A month of a date that is still to come, or has been."""

    BEFORE, AFTER = 6, 12

    def _choices(self) -> Pairs:
        return _around(timezone.localdate().replace(day=1), self.BEFORE, self.AFTER, get_language())


@lru_cache(maxsize=16)
def _around(month: dt.date, before: int, after: int, language: str | None) -> Pairs:
    """The months from so many before one to so many after it. Kept: a list asks for them several times a page."""
    place = month.year * 12 + month.month - 1 + after
    last = dt.date(place // 12, place % 12 + 1, 1)
    months = MonthFacet.last(before + after + 1, last)
    return tuple((f"{year}-{month:02}", MonthFacet.label_of(year, month)) for year, month in months)
