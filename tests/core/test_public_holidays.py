"""The public holidays of both zones, from the text of the law and another way to Easter."""

import datetime as dt

import pytest
from dateutil.easter import easter

from core.business_time import Zone, public_holidays
from tests.core.calendars import day

FRANCE = {  # written by hand
    2024: "01-01 04-01 05-01 05-08 05-09 05-20 07-14 08-15 11-01 11-11 12-25",
    2025: "01-01 04-21 05-01 05-08 05-29 06-09 07-14 08-15 11-01 11-11 12-25",
    2026: "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25",
    2027: "01-01 03-29 05-01 05-06 05-08 05-17 07-14 08-15 11-01 11-11 12-25",
    2028: "01-01 04-17 05-01 05-08 05-25 06-05 07-14 08-15 11-01 11-11 12-25",
}
GOOD_FRIDAY = {2024: "03-29", 2025: "04-18", 2026: "04-03", 2027: "03-26", 2028: "04-14"}


@pytest.mark.parametrize("year", FRANCE)
def test_known_years(year):
    expected = {day(f"{year}-{text}") for text in FRANCE[year].split()}
    assert set(public_holidays(year)) == expected
    local = {day(f"{year}-{GOOD_FRIDAY[year]}"), day(f"{year}-12-26")}
    assert set(public_holidays(year, Zone.ALSACE_MOSELLE)) == expected | local


@pytest.mark.parametrize("year", range(2008, 2101))
def test_the_law_of_each_year(year):
    """C. trav. L3133-1 and L3134-13; Ascension falls on 1 or 8 May in some years, which are then one day fewer."""
    sunday = easter(year)
    moving = {sunday + dt.timedelta(days=number) for number in (1, 39, 50)}
    fixed = {dt.date(year, *d) for d in ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))}
    assert set(public_holidays(year)) == fixed | moving
    local = {sunday - dt.timedelta(days=2), dt.date(year, 12, 26)}
    assert set(public_holidays(year, Zone.ALSACE_MOSELLE)) == fixed | moving | local


def test_they_have_french_names():
    names = public_holidays(2026, Zone.ALSACE_MOSELLE)
    assert names[day("2026-05-08")] == "Fête de la Victoire" and names[day("2026-04-03")] == "Vendredi saint"


@pytest.mark.parametrize("year", [1989, 2101])
def test_years_that_nobody_vouches_for_are_refused(year):
    with pytest.raises(ValueError, match="1990 à 2100"):
        public_holidays(year)


def test_what_is_kept_cannot_be_changed():
    with pytest.raises(TypeError):
        public_holidays(2026)[day("2026-02-02")] = "Chandeleur"
