"""Working time: against counting minute by minute, against pandas, and over the clock changes."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.business_time import PARIS, BusinessCalendar, Closing, OutsideCalendar, Window, Zone, public_holidays
from tests.core.calendars import MINUTE, UTC, WEEK, calendars, day, hours, is_open, open_minutes, paris

OFFICE = BusinessCalendar(WEEK)
# Around both changes of 2026, Easter, May's holidays and new year: where something happens.
STARTS = st.sampled_from([day(d) for d in ("2026-03-27", "2026-10-23", "2026-04-02", "2026-05-06", "2026-12-23", "2025-12-30", "2024-02-28")])  # fmt: skip
DAYS = st.builds(lambda start, more: start + dt.timedelta(days=more), STARTS, st.integers(0, 6))
MINUTES = st.builds(
    lambda start, more: dt.datetime.combine(start, dt.time(), UTC) + MINUTE * more, STARTS, st.integers(0, 5 * 1440)
)
MOMENTS = st.datetimes(dt.datetime(2019, 1, 1), dt.datetime(2032, 1, 1), timezones=st.just(UTC))
DURATIONS = st.timedeltas(dt.timedelta(days=-40), dt.timedelta(days=40))


# --- by the definition ------------------------------------------------------------------------------------------------
@settings(max_examples=60, deadline=None)
@given(calendars(DAYS), MINUTES, st.integers(0, 4 * 1440))
def test_working_time_is_the_number_of_open_minutes(calendar, start, more):
    end = start + MINUTE * more
    assert calendar.working_between(start, end) == MINUTE * open_minutes(calendar, start, end)
    assert calendar.working_between(end, start) == -calendar.working_between(start, end)


@settings(max_examples=150, deadline=None)
@given(calendars(DAYS), MINUTES)
def test_open_is_what_the_wall_clock_says(calendar, at):
    assert calendar.is_open(at) == is_open(calendar, at)
    assert calendar.is_open(at + dt.timedelta(seconds=59, microseconds=999_999)) == is_open(calendar, at)


@settings(max_examples=60, deadline=None)
@given(calendars(DAYS), MINUTES, st.integers(1, 600))
def test_an_addition_ends_with_the_first_minute_that_makes_it_whole(calendar, start, wanted):
    end, counted, searched = start, 0, 0
    while counted < wanted and searched < 6 * 1440:
        counted += is_open(calendar, end)
        end += MINUTE
        searched += 1
    if counted == wanted:
        assert calendar.add_working(start, MINUTE * wanted) == end


@settings(max_examples=60, deadline=None)
@given(calendars(DAYS), MINUTES)
def test_the_next_opening_is_the_first_open_minute(calendar, start):
    found = calendar.next_opening(start)
    assert found >= start and is_open(calendar, found)
    assert open_minutes(calendar, start, min(found, start + MINUTE * 6 * 1440)) == 0


# --- laws ---------------------------------------------------------------------------------------------------------------
@settings(max_examples=200, deadline=None)
@given(calendars(DAYS), MOMENTS, MOMENTS, MOMENTS)
def test_working_time_adds_up_whatever_the_order(calendar, a, b, c):
    between = calendar.working_between
    assert between(a, b) + between(b, c) == between(a, c)
    assert between(a, b) == -between(b, a)


@settings(max_examples=200, deadline=None)
@given(calendars(DAYS), MOMENTS, DURATIONS)
def test_adding_and_measuring_are_inverse(calendar, start, duration):
    end = calendar.add_working(start, duration)
    assert calendar.working_between(start, end) == duration
    assert (end >= start) if duration >= dt.timedelta() else (end < start)
    if duration:  # the nearest such moment: one microsecond nearer, less has passed
        nearer = end - dt.timedelta(microseconds=1 if duration > dt.timedelta() else -1)
        assert abs(calendar.working_between(start, nearer)) < abs(duration)


@settings(max_examples=200, deadline=None)
@given(
    calendars(DAYS),
    st.dates(day("2024-01-01"), day("2029-01-01")),
    st.dates(day("2024-01-01"), day("2029-01-01")),
    st.integers(-400, 400),
)
def test_working_days_add_up_and_invert(calendar, a, b, count):
    between = calendar.working_days_between
    middle = day("2026-05-08")
    assert between(a, middle) + between(middle, b) == between(a, b) == -between(b, a)
    end = calendar.add_working_days(a, count)
    if count:
        assert calendar.is_working_day(end)
    if count >= 0 or calendar.is_working_day(a):
        assert between(a, end) == count


@settings(max_examples=60, deadline=None)
@given(calendars(DAYS), DAYS, st.integers(0, 40))
def test_days_and_half_days_are_counted_one_by_one(calendar, first, more):
    last = first + dt.timedelta(days=more)
    span = [first + dt.timedelta(days=number) for number in range(1, more + 1)]
    assert calendar.working_days_between(first, last) == sum(map(calendar.is_working_day, span))
    ahead = calendar.next_working_day(first)
    gap = [first + dt.timedelta(days=number) for number in range(1, (ahead - first).days)]
    assert ahead > first and calendar.is_working_day(ahead) and not any(map(calendar.is_working_day, gap))
    behind = calendar.previous_working_day(first)
    gap = [behind + dt.timedelta(days=number) for number in range(1, (first - behind).days)]
    assert behind < first and calendar.is_working_day(behind) and not any(map(calendar.is_working_day, gap))


# --- pandas, where a day has one window -----------------------------------------------------------------------------------
def in_pandas(zone: str) -> pd.offsets.CustomBusinessHour:
    closed = [found for year in range(2023, 2031) for found in public_holidays(year, zone)]
    return pd.offsets.CustomBusinessHour(start="09:00", end="17:30", holidays=closed)


PANDAS = {zone: in_pandas(zone) for zone in Zone.values}
STRAIGHT = {zone: BusinessCalendar(tuple(Window(d, 540, 1050) for d in range(5)), zone=zone) for zone in Zone.values}
NAIVE = st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2027, 1, 1))


def wall(at: dt.datetime) -> dt.datetime:
    """Pandas counts on a clock that never changes: by day, that is the same."""
    return at.astimezone(PARIS).replace(tzinfo=None)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(Zone.values), NAIVE, st.integers(1, 400))
def test_pandas_adds_as_we_do(zone, start, count):
    start = start.replace(second=0, microsecond=0)
    calendar = STRAIGHT[zone]
    end = calendar.add_working(start.replace(tzinfo=PARIS), hours(count))
    # Pandas shows the end of a day as the opening of the next.
    assert wall(calendar.next_opening(end)) == (pd.Timestamp(start) + count * PANDAS[zone]).to_pydatetime()


# --- both clock changes, by hand --------------------------------------------------------------------------------------------
NIGHT = BusinessCalendar(tuple(Window(d, 60, 240) for d in range(7)))  # 01:00 to 04:00
ALWAYS = BusinessCalendar.of_weekdays(range(7))


def test_a_night_lasts_two_hours_in_march_and_four_in_october():
    assert NIGHT.working_between(paris("2026-03-28 12:00"), paris("2026-03-29 12:00")) == hours(2)
    assert NIGHT.working_between(paris("2026-10-24 12:00"), paris("2026-10-25 12:00")) == hours(4)
    assert NIGHT.add_working(paris("2026-03-29 00:00"), hours(1.5)) == paris("2026-03-29 03:30")
    assert NIGHT.add_working(paris("2026-10-25 00:00"), hours(1.5)) == paris("2026-10-25 02:30")
    assert NIGHT.add_working(paris("2026-10-25 00:00"), hours(2.5)) == paris("2026-10-25 02:30", fold=1)
    assert NIGHT.add_working(paris("2026-10-25 05:00"), hours(-1.5)) == paris("2026-10-25 02:30", fold=1)


def test_days_of_23_and_25_hours():
    assert ALWAYS.working_between(paris("2026-03-29 00:00"), paris("2026-03-30 00:00")) == hours(23)
    assert ALWAYS.working_between(paris("2026-10-25 00:00"), paris("2026-10-26 00:00")) == hours(25)


def test_a_window_in_the_hour_that_is_left_out_does_not_open_and_one_in_the_hour_that_returns_opens_twice():
    half = BusinessCalendar(tuple(Window(d, 135, 165) for d in range(7)))  # 02:15 to 02:45
    assert half.working_between(paris("2026-03-29 00:00"), paris("2026-03-30 00:00")) == hours(0)
    assert half.working_between(paris("2026-10-25 00:00"), paris("2026-10-26 00:00")) == hours(1)
    assert half.is_open(paris("2026-10-25 02:30")) and half.is_open(paris("2026-10-25 02:30", fold=1))


def test_over_a_weekend_the_change_costs_nothing():
    friday, monday = paris("2026-03-27 16:00"), paris("2026-03-30 10:00")
    assert OFFICE.working_between(friday, monday) == hours(3)
    assert OFFICE.add_working(friday, hours(3)) == monday


# --- examples, and what is refused --------------------------------------------------------------------------------------------
def test_four_hours_from_the_eve_of_ascension_end_after_it():
    closed = BusinessCalendar(WEEK, (Closing(day("2026-05-15"), day("2026-05-15")),))  # the bridge
    assert OFFICE.add_working(paris("2026-05-13 17:00"), hours(4)) == paris("2026-05-15 12:00")
    assert closed.add_working(paris("2026-05-13 17:00"), hours(4)) == paris("2026-05-18 12:00")


def test_a_closing_of_the_afternoon_leaves_the_morning():
    eve = BusinessCalendar(WEEK, (Closing(day("2026-12-24"), day("2026-12-24"), 720, 1440),))
    assert eve.parts(day("2026-12-24")) == ((540, 720),)
    assert eve.is_working_day(day("2026-12-24"))


def test_years_pass_in_no_time_and_exactly():
    span = OFFICE.working_between(paris("2000-01-01 00:00"), paris("2100-01-01 00:00"))
    weekdays = sum(1 for n in range(day("2000-01-01").toordinal(), day("2100-01-01").toordinal())
                   if (d := dt.date.fromordinal(n)).weekday() < 5 and d not in public_holidays(d.year))  # fmt: skip
    assert span == hours(7) * weekdays
    assert (
        OFFICE.working_between(paris("2000-01-01 00:00"), OFFICE.add_working(paris("2000-01-01 00:00"), span)) == span
    )


def test_a_company_that_never_opens_is_said_not_searched_for_ever():
    never = BusinessCalendar((), zone=Zone.FRANCE)
    for ask in (
        lambda: never.add_working(paris("2026-01-01 00:00"), hours(1)),
        lambda: never.add_working(paris("2026-01-01 00:00"), hours(-1)),
        lambda: never.next_opening(paris("2026-01-01 00:00")),
        lambda: never.next_working_day(day("2026-01-01")),
        lambda: never.previous_working_day(day("2026-01-01")),
        lambda: OFFICE.is_open(paris("1815-06-18 12:00")),
        lambda: OFFICE.working_between(paris("2026-01-01 00:00"), paris("2101-01-01 00:00")),
        lambda: OFFICE.next_working_day(day("2100-12-31")),
    ):
        with pytest.raises(OutsideCalendar):
            ask()
    assert never.working_between(paris("2020-01-01 00:00"), paris("2026-01-01 00:00")) == hours(0)


def test_nonsense_is_refused():
    for wrong in (lambda: Window(7, 0, 60), lambda: Window(0, 60, 60), lambda: Window(0, -1, 60), lambda: Window(0, 0, 1441),
                  lambda: Closing(day("2026-01-02"), day("2026-01-01")), lambda: Closing(day("2026-01-01"), day("2026-01-01"), 5, 5),
                  lambda: BusinessCalendar((Window(0, 0, 61), Window(0, 60, 90))), lambda: BusinessCalendar(WEEK, zone="corse"),
                  lambda: BusinessCalendar(WEEK, midday=0), lambda: OFFICE.is_open(dt.datetime(2026, 1, 1))):  # fmt: skip
        with pytest.raises(ValueError):
            wrong()
    with pytest.raises(TypeError):  # a moment is no day: of which clock?
        OFFICE.next_working_day(paris("2026-01-01 00:00"))


def test_a_calendar_is_a_value():
    assert (
        BusinessCalendar(WEEK)
        == BusinessCalendar(tuple(reversed(WEEK)))
        != BusinessCalendar(WEEK, zone=Zone.ALSACE_MOSELLE)
    )
    assert hash(BusinessCalendar(WEEK)) == hash(OFFICE)
    with pytest.raises(AttributeError):
        OFFICE.zone = Zone.ALSACE_MOSELLE
