"""One year of a calendar, counted once: then any span is a subtraction and any search a bisection."""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from core.business_time.paris import MINUTE, clock_changes, pieces

Parts = tuple[tuple[int, int], ...]  # of a day: (from, to) in minutes on the wall clock, in order, disjoint


def opened(day: dt.date, parts: Parts) -> list[tuple[int, int]]:
    """The instants (from, to) of a day's parts, in order. Open is what the wall clock shows, so that an hour which
    comes twice counts twice and one which is left out does not count."""
    return [
        (shift + max(start * MINUTE, low), shift + min(end * MINUTE, high))
        for low, high, shift in pieces(day)
        for start, end in parts
        if max(start * MINUTE, low) < min(end * MINUTE, high)
    ]


@dataclass(frozen=True, slots=True)
class Year:
    """Running totals from 1 January, one entry more than there are days (or half-days): entry i is before number i."""

    first: int  # ordinal of 1 January
    time: list[int]  # microseconds of working time
    days: list[int]  # working days
    halves: list[int]  # working half-days

    @classmethod
    def count(cls, year: int, midday: int, parts_of: Callable[[dt.date], Parts]) -> "Year":
        """`parts_of` says what is open each day; `midday` splits it in two (minutes)."""
        first, after = dt.date(year, 1, 1).toordinal(), dt.date(year, 12, 31).toordinal() + 1
        changes = clock_changes(year)
        time, days, halves = [], [], []
        for number in range(first, after):
            day = dt.date.fromordinal(number)
            parts = parts_of(day)
            if day in changes:
                time.append(sum(end - start for start, end in opened(day, parts)))
            else:
                time.append(sum(end - start for start, end in parts) * MINUTE)
            days.append(1 if parts else 0)
            halves.append(1 if parts and parts[0][0] < midday else 0)
            halves.append(1 if parts and parts[-1][1] > midday else 0)
        return cls(first, _totals(time), _totals(days), _totals(halves))

    def worked(self, day: dt.date, parts: Parts, at: int) -> int:
        """Working time from 1 January to an instant of `day`."""
        before = self.time[day.toordinal() - self.first]
        return before + sum(min(max(at - start, 0), end - start) for start, end in opened(day, parts))

    def first_day_reaching(self, total: int) -> dt.date:
        """The day during which the working time reaches `total` (above 0, at most the year's)."""
        return dt.date.fromordinal(self.first + bisect_left(self.time, total) - 1)

    def last_day_before(self, total: int) -> dt.date:
        """The day during which the working time leaves `total` (from 0, below the year's)."""
        return dt.date.fromordinal(self.first + bisect_right(self.time, total) - 1)

    def working_day(self, number: int) -> dt.date:
        """The year's working day of that number, counted from 1."""
        return dt.date.fromordinal(self.first + bisect_left(self.days, number) - 1)


def _totals(values: list[int]) -> list[int]:
    return [0, *accumulate(values)]
