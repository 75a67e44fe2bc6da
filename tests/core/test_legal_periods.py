"""Legal periods and evenings kept: the tables of privacy.md and backups.md."""

import datetime as dt

import pytest

from core.business_time import Zone, end_of_day, legal_calendar, legal_month_end, paris_day
from tests.core.calendars import UTC, day, paris


@pytest.mark.parametrize(
    ("received", "due", "extended"),
    [
        ("2026-01-31", "2026-03-02", None),
        ("2026-03-05", "2026-04-07", None),
        ("2026-04-14", "2026-05-15", "2026-07-15"),
        ("2026-11-30", "2026-12-30", "2027-03-01"),
        ("2024-01-31", "2024-02-29", "2024-04-30"),  # a leap year
        ("2026-09-30", "2026-10-30", "2026-12-30"),
        ("2026-12-01", "2027-01-04", "2027-03-01"),  # new year's day, a Friday
    ],
)
def test_the_month_of_the_regulation(received, due, extended):
    assert legal_month_end(day(received)) == day(due)
    if extended:
        assert legal_month_end(day(received), months=3) == day(extended)


def test_the_zone_moves_the_end():
    assert legal_month_end(day("2026-03-03")) == day("2026-04-03")  # Good Friday
    assert legal_month_end(day("2026-03-03"), zone=Zone.ALSACE_MOSELLE) == day("2026-04-07")


def test_a_moment_counts_from_its_day_in_paris():
    assert paris_day(dt.datetime(2026, 6, 30, 22, 30, tzinfo=UTC)) == day("2026-07-01")
    assert legal_month_end(dt.datetime(2026, 6, 30, 22, 30, tzinfo=UTC)) == day("2026-08-03")  # 1 August: a Saturday
    with pytest.raises(ValueError):
        legal_month_end(dt.datetime(2026, 6, 30))
    with pytest.raises(ValueError):
        legal_month_end(day("2026-06-30"), months=0)


def test_the_last_day_is_whole():
    assert end_of_day(day("2026-03-29")) == dt.datetime(2026, 3, 29, 22, tzinfo=UTC)  # a day of 23 hours
    assert end_of_day(day("2026-10-24")) == paris("2026-10-25 00:00")


def test_two_working_days_to_forward_a_request():
    assert legal_calendar().add_working_days(day("2026-05-13"), 2) == day("2026-05-18")  # Ascension, a worked bridge


def good_days(until: str, zone: str = Zone.FRANCE, failed: tuple[str, ...] = ()) -> list[str]:
    """The six most recent business days up to an evening whose full backup was verified."""
    kept, evening = [], legal_calendar(zone).working_day_from(day(until))
    assert evening == day(until)
    while len(kept) < 6:
        if f"{evening:%d/%m}" not in failed:
            kept.append(f"{evening:%d/%m}")
        evening = legal_calendar(zone).previous_working_day(evening)
    return kept[::-1]


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (good_days("2026-06-19"), "12/06 15/06 16/06 17/06 18/06 19/06"),
        (good_days("2026-06-18"), "11/06 12/06 15/06 16/06 17/06 18/06"),  # the 19th at 13:00
        (good_days("2026-04-07"), "30/03 31/03 01/04 02/04 03/04 07/04"),
        (good_days("2026-04-07", Zone.ALSACE_MOSELLE), "27/03 30/03 31/03 01/04 02/04 07/04"),
        (good_days("2025-05-09"), "30/04 02/05 05/05 06/05 07/05 09/05"),
        (good_days("2025-06-02"), "23/05 26/05 27/05 28/05 30/05 02/06"),
        (good_days("2026-07-15"), "07/07 08/07 09/07 10/07 13/07 15/07"),
        (good_days("2025-12-26"), "18/12 19/12 22/12 23/12 24/12 26/12"),
        (good_days("2026-06-19", failed=("16/06", "17/06")), "10/06 11/06 12/06 15/06 18/06 19/06"),
        (
            good_days("2026-06-19", failed=tuple(f"{n:02}/06" for n in range(8, 20))),
            "29/05 01/06 02/06 03/06 04/06 05/06",
        ),
    ],
)
def test_the_good_days_of_backups(kept, expected):
    assert kept == expected.split()
