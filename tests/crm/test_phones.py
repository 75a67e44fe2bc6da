"""Short cuts give what the libraries give: for telephones over every French range, for SIREN and SIRET over their keys."""

import itertools

import phonenumbers
import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat
from stdnum.fr import siren, siret

from crm.identifiers import validate_siren, validate_siret
from crm.phones import PhoneField, usual


def by_the_library(text: str) -> str:
    number = phonenumbers.parse(text, "FR")
    assert phonenumbers.is_valid_number(number), text
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def test_what_the_short_cut_takes_is_valid_in_every_french_range_and_is_written_as_the_library_does():
    taken = 0
    for first, second, third in itertools.product(range(10), range(100), (0, 7, 42, 99)):
        text = f"0{first}{second:02}{third:02}1122"
        if found := usual(text):
            taken += 1
            assert found == by_the_library(text)
    assert taken > 2000  # half of what is in service would be no short cut


@given(
    prefix=st.sampled_from(["0", "+33", "+33 ", "0033", "0033 ", "+330", "33", ""]),
    pairs=st.lists(st.integers(0, 99), min_size=3, max_size=5),
    first=st.integers(0, 9),
    mark=st.sampled_from(["", " ", ".", "-", "\u00a0", "/"]),
)
def test_however_it_is_written_a_number_that_is_taken_means_what_the_library_reads(prefix, pairs, first, mark):
    text = prefix + mark.join([str(first), *(f"{pair:02}" for pair in pairs)])
    if found := usual(text):
        assert found == by_the_library(text)


@pytest.mark.parametrize(
    "text", ["02 98 00 11 22", "02.98.00.11.22", "0298001122", "+33 2 98 00 11 22", "0033298001122"]
)
def test_the_usual_ways_to_write_a_number_take_the_short_cut(text):
    assert usual(text) == "+33 2 98 00 11 22"


@pytest.mark.parametrize("text", ["02 98 00 11", "00 98 00 11 22", "06 97 00 11 22", "٠٢ 98 00 11 22"])
def test_what_is_not_plainly_french_is_left_to_the_library(text):
    assert usual(text) == ""


def test_a_number_of_no_range_is_still_refused():
    with pytest.raises(ValidationError, match="pas un numéro valable"):
        PhoneField().clean("07 10 00 11 22")


@given(st.one_of(st.from_regex(r"[0-9]{9}", fullmatch=True), st.from_regex(r"356000000", fullmatch=True)))
def test_a_siren_is_judged_as_the_library_judges_it(text):
    assert _accepts(validate_siren, text) == siren.is_valid(text)


@given(
    st.one_of(
        st.from_regex(r"[0-9]{14}", fullmatch=True),
        st.from_regex(r"356000000[0-9]{5}", fullmatch=True),  # La Poste: no Luhn key, a sum of figures
        st.integers(0, 9999).map(
            lambda n: next(f"732829320{n:04}{k}" for k in range(10) if _luhn(f"732829320{n:04}{k}"))
        ),
    )
)
def test_a_siret_is_judged_as_the_library_judges_it(text):
    assert _accepts(validate_siret, text) == siret.is_valid(text)


def _luhn(digits: str) -> bool:
    from stdnum import luhn

    return luhn.is_valid(digits)


def _accepts(validate, text: str) -> bool:
    try:
        validate(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("block", ["01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98"])
def test_numbers_that_arcep_keeps_for_fiction_are_taken(block):
    """A contact of the demo could not be saved again."""
    assert PhoneField().clean(f"{block} 12 34") == f"+33 {block[1:]} 12 34"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0590 82 12 34", "+590 590 82 12 34"),
        ("0262 90 12 34", "+262 262 90 12 34"),
        ("0692 85 12 34", "+262 692 85 12 34"),
        ("0596 60 12 34", "+596 596 60 12 34"),
        ("0594 30 12 34", "+594 594 30 12 34"),
        ("0639 01 12 34", "+262 639 01 12 34"),
        ("0697 00 11 22", "+596 697 00 11 22"),
        ("05 49 00 11 22", "+33 5 49 00 11 22"),
    ],
)
def test_a_number_of_overseas_france_is_taken_as_it_is_dialled_there(typed, kept):
    assert PhoneField().clean(typed) == kept


@pytest.mark.parametrize("typed", ["0123", "0590 82", "02 98 00 11 22 33", "poste 12", "++33"])
def test_what_is_no_number_anywhere_is_refused_in_words(typed):
    with pytest.raises(ValidationError, match="n’est pas un numéro valable"):
        PhoneField().clean(typed)
