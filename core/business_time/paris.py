"""The wall clock of Paris and its two changes a year. Instants are integers here: microseconds since 1970, UTC."""

import datetime as dt
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
MINUTE = 60_000_000  # microseconds
DAY = 1440 * MINUTE
_BETWEEN_CHANGES = 14 * DAY  # no two changes come closer
_EPOCH_ORDINAL = EPOCH.toordinal()


def instant(at: dt.datetime) -> int:
    """Microseconds of an aware moment. Raises ValueError for a naive one: whose clock would it be?"""
    if at.tzinfo is None:
        raise ValueError("moment sans fuseau horaire")
    # By way of UTC: Python subtracts two moments of one zone as if its clock never changed.
    return (at.astimezone(dt.UTC) - EPOCH) // MICROSECOND


def moment(microseconds: int) -> dt.datetime:
    """The moment of an instant, in UTC: two moments in UTC compare and subtract as they should."""
    return EPOCH + dt.timedelta(microseconds=microseconds)


def wall(at: dt.datetime) -> tuple[dt.date, int]:
    """The day in Paris, and the microseconds that the wall clock shows since midnight."""
    if at.tzinfo is None:
        raise ValueError("moment sans fuseau horaire")
    shown = at.astimezone(PARIS)
    return shown.date(), (shown.hour * 3600 + shown.minute * 60 + shown.second) * 1_000_000 + shown.microsecond


def paris_day(when: dt.date | dt.datetime) -> dt.date:
    """The day in Paris of an aware moment; a day is itself."""
    return wall(when)[0] if isinstance(when, dt.datetime) else when


def midnight(day: dt.date) -> int:
    """The instant at which a day begins in Paris."""
    return instant(dt.datetime.combine(day, dt.time(), PARIS))


def pieces(day: dt.date) -> tuple[tuple[int, int, int], ...]:
    """What the wall clock shows during a day: (from, to, shift), with instant = shift + what it shows. Microseconds.

    One piece of 24 hours; on the day of a change two: in March they leave an hour out, in October they share one.
    """
    change = clock_changes(day.year).get(day)
    wall_midnight = (day.toordinal() - _EPOCH_ORDINAL) * DAY
    if change is None:
        return ((0, DAY, midnight(day)),)
    at, before, after = change
    return (
        (0, at + before - wall_midnight, wall_midnight - before),
        (at + after - wall_midnight, DAY, wall_midnight - after),
    )


@cache  # of facts, the same for everyone
def clock_changes(year: int) -> dict[dt.date, tuple[int, int, int]]:
    """{day: (instant of the change, offset before, offset after)} of a year, as the tz database says."""
    found = {}
    last = midnight(dt.date(year + 1, 1, 1))
    probes = [*range(midnight(dt.date(year, 1, 1)), last, _BETWEEN_CHANGES), last]
    for low, high in pairwise(probes):
        before, after = _offset(low), _offset(high)
        if before != after:
            at = _change_between(low, high)
            found[moment(at - MINUTE).astimezone(PARIS).date()] = (at, before, after)
    return found


def _change_between(low: int, high: int) -> int:
    """The first minute (as an instant) with another offset than `low` has; `high` has it."""
    before = _offset(low)
    while high - low > MINUTE:
        middle = (low // MINUTE + high // MINUTE) // 2 * MINUTE
        low, high = (middle, high) if _offset(middle) == before else (low, middle)
    return high


def _offset(microseconds: int) -> int:
    offset = moment(microseconds).astimezone(PARIS).utcoffset()
    assert offset is not None  # PARIS always has one
    return offset // MICROSECOND
