"""Python and PostgreSQL fold text alike, and search finds what people type."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.translation import ngettext, override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.search import raw, words
from core.templatetags.french import clock, duration, moment, new, of_name, when
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


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("06 39 98 12 34", True), ("0639981234", True), ("+33 6 39 98 12 34", True), ("+33639981234", True),
        ("0033639981234", True), ("06.39.98", True), ("063998", True), ("06 39 98 1", True), ("98 12 34", True),
        ("12 34", True), ("riou 06 39 98 12 34", True), ("riou 0639981234", True), ("02 61 91 00 11", True),
        ("+44 20 7946 0018", True), ("7946 0018", True),
        ("06 39 98 12 35", False), ("34 12", False), ("06 98 39", False), ("le goff 0639981234", False),
    ],
)  # fmt: skip
def test_a_telephone_number_is_found_however_it_is_typed(atelier, typed, found, sales):
    data = {"last_name": "Riou", "recipient_kind": "professional"}
    numbers = {"mobile": "06 39 98 12 34", "phone": "02 61 91 00 11"} if "44" not in typed and "7946" not in typed else {
        "phone": "+44 20 7946 0018"
    }  # fmt: skip
    assert sales.post("/crm/contacts/new/", data | numbers).status_code == 302
    for page in ("/crm/contacts/", "/palette/"):
        assert ("Riou</" in sales.get(page, {"q": typed}).content.decode()) is found, page


def test_digits_typed_in_groups_are_one_number_and_words_are_limited():
    assert words("732 829 320") == ["732 829 320"] and raw(["732 829 320"]) == "(732829320:* | 732 <-> 829 <-> 320:*)"
    assert words("Riou 06.39.98.12.34") == ["riou", "06 39 98 12 34"]
    assert words("29 Brest 12 quai") == ["29", "brest", "12", "quai"]
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


@pytest.mark.parametrize(
    ("noun", "feminine", "said"),
    [
        ("contact", False, "Nouveau contact"),
        ("envoi", False, "Nouvel envoi"),
        ("établissement", False, "Nouvel établissement"),
        ("hôtel", False, "Nouvel hôtel"),
        ("hangar", False, "Nouveau hangar"),
        ("activité", True, "Nouvelle activité"),
    ],
)
def test_new_agrees_with_its_noun(noun, feminine, said):
    assert new(noun, feminine=feminine) == said


@pytest.mark.parametrize(("days", "near"), [(-1, "hier"), (0, "aujourd’hui"), (1, "demain")])
def test_a_day_that_is_near_has_a_name_and_takes_no_article(days, near):
    at = timezone.localtime().replace(hour=10, minute=0) + dt.timedelta(days=days)
    assert moment(at) == when(at) == f"{near} à\u00a010\u00a0h\u00a000"


def test_another_day_takes_one_after_a_verb():
    at = timezone.localtime().replace(hour=10, minute=0) + dt.timedelta(days=3)
    assert when(at) == f"le {moment(at)}" and when(at.date()).startswith("le ") and when(None) == "—"


def test_hours_are_written_in_one_way():
    assert clock(dt.time(8, 5)) == "8\u00a0h\u00a005"
    assert [duration(minutes) for minutes in (45, 60, 90, 605)] == [
        "45\u00a0min", "1\u00a0h", "1\u00a0h\u00a030", "10\u00a0h\u00a005",
    ]  # fmt: skip


def test_none_is_singular_as_in_french():
    said = [ngettext("%d affaire", "%d affaires", n) % n for n in (0, 1, 2, 30)]
    assert said == ["0 affaire", "1 affaire", "2 affaires", "30 affaires"]


def test_what_has_a_catalogue_keeps_its_own_plural():
    assert ngettext("%(num)d day", "%(num)d days", 0) % {"num": 0} == "0 jour"
    with override("en"):
        assert ngettext("%(num)d day", "%(num)d days", 0).endswith("days")
