"""Filters that CRM's lists share."""

import datetime as dt

from django.utils import timezone

from core.filters import MonthFacet, Pairs


class MonthAhead(MonthFacet):
    """A month of a date that is still to come, or has been."""

    BEFORE, AFTER = 6, 12

    def _choices(self) -> Pairs:
        today = timezone.localdate()
        place = today.year * 12 + today.month - 1 + self.AFTER
        last = dt.date(place // 12, place % 12 + 1, 1)
        return tuple(
            (f"{year}-{month:02}", self.label_of(year, month))
            for year, month in self.last(self.BEFORE + self.AFTER + 1, last)
        )
