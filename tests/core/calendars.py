"""Calendars as hypothesis makes them, and what they mean, counted minute by minute."""

import datetime as dt

from hypothesis import strategies as st

from core.business_time import PARIS, BusinessCalendar, Closing, Window, Zone, public_holidays

UTC, MINUTE = dt.UTC, dt.timedelta(minutes=1)
WEEK = tuple(Window(day, start, end) for day in range(5) for start, end in ((540, 720), (840, 1080)))  # 35 hours


def paris(text: str, *, fold: int = 0) -> dt.datetime:
    """paris("2026-03-27 16:30"): what the wall clock of Paris shows. In UTC: Python never finds 02:30 of the night when
    it comes twice equal to anything in another zone."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold).astimezone(UTC)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def hours(number: float) -> dt.timedelta:
    return dt.timedelta(hours=number)


@st.composite
def windows(draw) -> tuple[Window, ...]:
    """At least one window in the week, several a day, often touching and often at night when the clocks change."""
    found = []
    for weekday in range(7):
        bounds = draw(
            st.lists(st.sampled_from([0, 60, 90, 120, 150, 180, 210, 480, 719, 780, 781, 1079, 1440]), unique=True)
        )
        found += [
            Window(weekday, start, end)
            for start, end, kept in zip(sorted(bounds), sorted(bounds)[1:], draw(st.lists(st.booleans(), min_size=13, max_size=13)), strict=False)
            if kept
        ]  # fmt: skip
    return tuple(found) or WEEK


def closings(days: st.SearchStrategy[dt.date]) -> st.SearchStrategy[tuple[Closing, ...]]:
    part = st.sampled_from([(0, 1440), (0, 780), (600, 900), (130, 140)])
    length = st.integers(0, 20)
    one = st.builds(
        lambda first, more, part: Closing(first, first + dt.timedelta(days=more), *part), days, length, part
    )
    return st.lists(one, max_size=3).map(tuple)


def calendars(days: st.SearchStrategy[dt.date]) -> st.SearchStrategy[BusinessCalendar]:
    return st.builds(
        BusinessCalendar, windows(), closings(days), st.sampled_from(list(Zone)), st.sampled_from([720, 780])
    )


def is_open(calendar: BusinessCalendar, at: dt.datetime) -> bool:
    """By the definition alone: what the wall clock shows."""
    shown = at.astimezone(PARIS)
    today, minute = shown.date(), shown.hour * 60 + shown.minute
    return (
        today not in public_holidays(today.year, calendar.zone)
        and any(w.weekday == today.weekday() and w.start <= minute < w.end for w in calendar.windows)
        and not any(c.first <= today <= c.last and c.start <= minute < c.end for c in calendar.closings)
    )


def open_minutes(calendar: BusinessCalendar, a: dt.datetime, b: dt.datetime) -> int:
    """Of the minutes from a to b (both whole minutes, in order), how many are open."""
    return sum(is_open(calendar, a + MINUTE * number) for number in range(round((b - a) / MINUTE)))
