"""Half-days as integers, in Python and in PostgreSQL."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from core.business_time import (
    BusinessCalendar,
    Closing,
    Half,
    Window,
    day_of,
    half_of,
    int8range,
    overlap,
    slot,
    slots,
    slots_of_days,
)  # fmt: skip
from tests.core.calendars import WEEK, calendars, day

DAYS = st.dates(day("2025-12-20"), day("2026-06-30"))
SPANS = st.tuples(DAYS, st.integers(0, 60)).map(lambda found: range(slot(found[0]), slot(found[0]) + found[1]))
OFFICE = BusinessCalendar(WEEK)
AM, PM = Half.MORNING, Half.AFTERNOON


@given(st.dates(), st.sampled_from(Half))
def test_a_number_says_its_day_and_its_half(when, half):
    number = slot(when, half)
    assert (day_of(number), half_of(number)) == (when, half)
    assert half is AM or slot(when) + 1 == number


def test_ranges():
    leave = slots(day("2026-05-13"), PM, day("2026-05-18"), AM)
    assert [(day_of(n), half_of(n)) for n in leave][::9] == [(day("2026-05-13"), PM), (day("2026-05-18"), AM)]
    assert len(slots_of_days(day("2026-05-13"), day("2026-05-13"))) == 2
    with pytest.raises(ValueError):
        slots(day("2026-05-13"), PM, day("2026-05-13"), AM)


@given(SPANS, SPANS)
def test_two_ranges_share_what_sets_would(one, other):
    shared = overlap(one, other)
    assert set(shared) == set(one) & set(other)
    assert bool(shared) == bool(set(one) & set(other))


def test_leave_over_ascension_costs_the_worked_half_days_only():
    # Wednesday afternoon, Friday (Thursday is Ascension), Monday morning.
    assert OFFICE.working_half_days(slots(day("2026-05-13"), PM, day("2026-05-18"), AM)) == 4
    bridge = BusinessCalendar(WEEK, (Closing(day("2026-05-15"), day("2026-05-15")),))
    assert bridge.working_half_days(slots(day("2026-05-13"), PM, day("2026-05-18"), AM)) == 2
    assert OFFICE.working_half_days(range(5, 5)) == 0


def test_the_middle_of_the_day_is_the_clients():
    early = (Window(0, 6 * 60, 13 * 60 + 30),)
    monday = slots_of_days(day("2026-06-01"), day("2026-06-01"))
    assert BusinessCalendar(early).working_half_days(monday) == 2
    assert BusinessCalendar(early, midday=13 * 60 + 30).working_half_days(monday) == 1


@settings(max_examples=60, deadline=None)
@given(calendars(DAYS), SPANS, st.integers(0, 60))
def test_half_days_are_counted_one_by_one(calendar, span, cut):
    def worked(number: int) -> bool:
        parts = calendar.parts(day_of(number))
        inside = range(calendar.midday) if half_of(number) is AM else range(calendar.midday, 1440)
        return any(max(start, inside.start) < min(end, inside.stop) for start, end in parts)

    assert calendar.working_half_days(span) == sum(map(worked, span))
    assert all(calendar.is_working_slot(number) == worked(number) for number in span[:4])
    middle = min(span.start + cut, span.stop)
    before, after = range(span.start, middle), range(middle, span.stop)
    assert calendar.working_half_days(before) + calendar.working_half_days(after) == calendar.working_half_days(span)


def test_postgresql_keeps_ranges_of_one_person_apart_and_counts_days_as_we_do(atelier):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE leave (employee_id bigint, slots int8range, "
            "EXCLUDE USING gist (int8range(employee_id, employee_id, '[]') WITH &&, slots WITH &&))"
        )
        add = "INSERT INTO leave VALUES (%s, %s)"
        whole, evening = (
            slots_of_days(day("2026-06-01"), day("2026-06-02")),
            slots(day("2026-06-02"), PM, day("2026-06-03"), PM),
        )
        after = slots_of_days(day("2026-06-03"), day("2026-06-03"))
        cursor.execute(add, [1, int8range(whole)])
        cursor.execute(add, [2, int8range(evening)])
        cursor.execute(add, [1, int8range(after)])
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(add, [1, int8range(evening)])
        cursor.execute("SELECT slots FROM leave WHERE employee_id = 2")
        (found,) = cursor.fetchone()
        assert range(found.lower, found.upper) == evening
        cursor.execute("SELECT DATE '2026-06-01' - DATE '0001-01-01' + 1")
        assert cursor.fetchone() == (dt.date(2026, 6, 1).toordinal(),)
