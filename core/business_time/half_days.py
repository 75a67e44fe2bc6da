"""Half-days as integers: 2 × the day's ordinal, plus 1 for the afternoon. Leave and plans are ranges of them.

As integers, PostgreSQL keeps them apart without any extension:
`EXCLUDE USING gist (int8range(employee_id, employee_id, '[]') WITH &&, slots WITH &&)`; and a day's ordinal is
`day - DATE '0001-01-01' + 1` there.
"""

import datetime as dt
import enum

from django.db.backends.postgresql.psycopg_any import NumericRange

SLOTS_A_DAY = 2


class Half(enum.IntEnum):
    MORNING = 0
    AFTERNOON = 1


def slot(day: dt.date, half: int = Half.MORNING) -> int:
    """The number of a half-day."""
    return day.toordinal() * SLOTS_A_DAY + Half(half)


def day_of(slot: int) -> dt.date:
    return dt.date.fromordinal(slot // SLOTS_A_DAY)


def half_of(slot: int) -> Half:
    return Half(slot % SLOTS_A_DAY)


def slots(first: dt.date, first_half: int, last: dt.date, last_half: int) -> range:
    """The half-days from one to another, both included. Raises ValueError if the last is before the first."""
    start, end = slot(first, first_half), slot(last, last_half) + 1
    if end <= start:
        raise ValueError(f"demi-journées à l’envers : {first} à {last}")
    return range(start, end)


def slots_of_days(first: dt.date, last: dt.date) -> range:
    """The half-days of whole days, both included."""
    return slots(first, Half.MORNING, last, Half.AFTERNOON)


def overlap(one: range, other: range) -> range:
    """The half-days that two ranges share; empty (false) if none."""
    start = max(one.start, other.start)
    return range(start, max(start, min(one.stop, other.stop)))


def int8range(slots: range) -> NumericRange:
    """What a BigIntegerRangeField takes; it gives back `lower` and `upper`, which are `start` and `stop`."""
    return NumericRange(slots.start, slots.stop, "[)")
