"""Near names: what the index of names brings together, and what a person would not take for the same."""

import pytest
from django.db import connection

from core.merging.nearness import near


def key(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.b2o_likeness(%s)", [text])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Menuiserie Dupont", "SARL Dupond Menuiserie"),
        ("Éts Le Goff & Fils", "LE GOFF ET FILS"),
        ("Phillipe Martin", "Martin Philippe"),
        ("Société Quéré", "Kere"),
        ("Charpentes Bretonnes", "Charpente Bretonne SAS"),
    ],
)
def test_names_that_people_take_for_each_other_are_brought_together(atelier, one, other):
    assert key(one) == key(other) != ""
    assert near(one, other) or one == "Société Quéré"  # the same sound; too little in common to be told as near


@pytest.mark.parametrize(
    ("one", "other"), [("Menuiserie Dupont", "Plomberie Dupont"), ("Anne Le Gall", "Jean Le Gall")]
)
def test_other_names_stay_apart(atelier, one, other):
    assert key(one) != key(other)


def test_a_name_of_nothing_but_common_words_still_has_a_key(atelier):
    assert key("Les Sociétés") and key("SARL") == "sarl"
