"""Python and PostgreSQL fold text alike, and search finds what people type."""

import datetime as dt

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.search import words
from core.templatetags.french import clock, duration, of_name
from core.text import clean, fold
from crm.models import Company

LATIN = st.text(
    st.characters(codec="utf-8", max_codepoint=0x17F, exclude_characters="\x00ŉſĿŀĲĳĸŊŋ"), max_size=30
) | st.text("àâäéèêëîïôöùûüçœæßÉÀŒ’'«»–-. \u00a0\u202f&/012", max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(text=LATIN)
def test_python_and_postgresql_fold_alike(db, text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.b2o_fold(%s)", [text])
        assert cursor.fetchone()[0] == fold(text)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Société Élan", "societe elan"),
        ("L’Œuvre & Cie", "l oeuvre cie"),
        ("  SAS—Müller\u00a0", "sas muller"),
        ("", ""),
    ],
)
def test_folding_examples(typed, folded):
    assert fold(typed) == folded


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("elan", True), ("ÉLAN", True), ("soc el", True), ("el soc", True), ("732 829 320", True), ("732829", True),
        ("73282932000074", True), ("saint-mal", True), ("société saint", True), ("élan paris", False),
        ("lan", False), ("'); DROP TABLE", False), ("& | ! : *", False), ("\\", False), ("((", False), ("elan:*", True),
    ],
)  # fmt: skip
def test_search_finds_words_by_their_beginning(atelier, typed, found, sales):
    Company.objects.create(name="Société Élan", city="Saint-Malo", siren="732829320", siret="73282932000074")
    answer = sales.get("/crm/companies/", {"q": typed})
    assert answer.status_code == 200
    assert ("Société Élan" in answer.content.decode()) is found


def test_digits_typed_in_groups_are_one_number_and_words_are_limited():
    assert words("732 829 320") == ["732829320"]
    assert len(words("un deux trois quatre cinq six sept huit neuf dix")) == 8


def test_what_no_database_takes_is_removed():
    assert clean("a\x00b\ud800c") == "abc"
    assert clean("facture\u202efdp.exe") == "facturefdp.exe"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Atelier Morvan", "d’Atelier Morvan"),
        ("Établissements Riou", "d’Établissements Riou"),
        ("Hamon & Fils", "de Hamon & Fils"),
        ("Menuiserie", "de Menuiserie"),
        ("", "de "),
    ],
)
def test_a_name_that_begins_with_a_vowel_is_elided(name, said):
    assert of_name(name) == said


def test_hours_are_written_in_one_way():
    assert clock(dt.time(8, 5)) == "8\u00a0h\u00a005"
    assert [duration(minutes) for minutes in (45, 60, 90, 605)] == [
        "45\u00a0min", "1\u00a0h", "1\u00a0h\u00a030", "10\u00a0h\u00a005",
    ]  # fmt: skip
