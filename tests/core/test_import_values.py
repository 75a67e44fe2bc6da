"""Figures, dates and boxes of any file are read as people write them."""

import pytest

from core.importing.values import Evidence, Style, parse_boolean, parse_date, parse_moment, parse_number


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1 234,56", ",", "1234.56"), ("1.234,56 €", ".", "1234.56"), ("$1,234.56", ",", "1234.56"),
        ("1\u202f234\u00a0€", ",", "1234"), ("(12,5)", ",", "-12.5"), ("12-", ",", "-12"), ("15 %", ",", "15"),
        ("1'234.50", ",", "1234.50"), ("1.234", ",", "1234"), ("1.234", ".", "1.234"), ("1,234", ".", "1234"),
        ("0,125", ".", "0.125"), ("1.234.567", ".", "1234567"), ("−3", ",", "-3"), (",5", ",", "0.5"),
    ],
)  # fmt: skip
def test_figures_are_read_as_people_write_them(text, decimal, value):
    assert str(parse_number(text, Style(decimal=decimal))) in (value, value.removeprefix("0"))


@pytest.mark.parametrize("text", ["douze", "1,2,3.4.5x", "12 rue", "", "€", "nan", "1e400", "--5", "²"])
def test_what_is_no_figure_is_said(text):
    with pytest.raises(Exception, match="n’est pas un nombre"):
        parse_number(text, Style())


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("25/11/2026", "dmy", "2026-11-25"), ("11/25/2026", "mdy", "2026-11-25"), ("2026-11-25", "dmy", "2026-11-25"),
        ("2026/11/25", "mdy", "2026-11-25"), ("20261125", "dmy", "2026-11-25"), ("25.11.26", "dmy", "2026-11-25"),
        ("1er mars 2026", "dmy", "2026-03-01"), ("25 nov. 2026", "dmy", "2026-11-25"), ("46351", "dmy", "2026-11-25"),
        ("3-4-1985", "dmy", "1985-04-03"), ("25/11/2026 09:15", "dmy", "2026-11-25"), ("1/2/99", "dmy", "1999-02-01"),
    ],
)  # fmt: skip
def test_dates_are_read_as_people_write_them(text, order, day):
    assert parse_date(text, Style(order=order)).isoformat() == day


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("25/11/0024", "invraisemblable"), ("0024-11-25", "invraisemblable"), ("31/02/2026", "n’existe pas"),
        ("demain", "n’est pas une date"), ("99999", "invraisemblable"), ("25/11/2026 25:00", "n’existe pas"),
    ],
)  # fmt: skip
def test_a_day_that_cannot_be_is_said(text, why):
    with pytest.raises(Exception, match=why):
        parse_date(text, Style())


def test_a_moment_keeps_its_hour():
    assert parse_moment("25/11/2026 09h15", Style()).isoformat() == "2026-11-25T09:15:00+01:00"
    assert parse_moment("2026-11-25T09:15:00Z", Style()).isoformat() == "2026-11-25T09:15:00+00:00"


def test_the_order_of_dates_is_decided_by_the_whole_column():
    american, french, unsure = Evidence(), Evidence(), Evidence()
    for text in ["01/02/2026"] * 50:
        american.feed(text), french.feed(text), unsure.feed(text)
    american.feed("01/25/2026"), french.feed("25/01/2026")
    assert (american.style().order, french.style().order, unsure.style().order) == ("mdy", "dmy", "dmy")
    assert (american.doubtful_dates, french.doubtful_dates, unsure.doubtful_dates) == (False, False, True)


@pytest.mark.parametrize(("text", "value"), [("Oui", True), ("x", True), ("VRAI", True), ("0", False), ("non", False)])
def test_yes_and_no(text, value):
    assert parse_boolean(text) is value
