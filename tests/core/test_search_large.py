"""Searching among many rows: what is found does not depend on how PostgreSQL is asked, and counts say what they know."""

import pytest
from django.db import connection

from core import search
from core.text import fold
from crm.models import Company
from tests.contract.conftest import queries_of

URL = "/crm/companies/"
TRADES = ("Menuiserie", "Plomberie", "Charpente")
NAMES = ("Dupont", "Durand", "Riou", "Le Goff")


@pytest.fixture
def many(atelier):
    """2,400 companies; every third is a joinery, every fourth a Dupont, every fifth a customer."""
    Company.objects.bulk_create(
        [
            Company(
                name=f"{TRADES[number % 3]} {NAMES[number % 4]} {number:04d}",
                relation="customer" if number % 5 == 0 else "prospect",
            )
            for number in range(2_400)
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_company")


def all_pages(client, **query) -> list[str]:
    found, url = [], f"{URL}?{'&'.join(f'{name}={value}' for name, value in query.items())}"
    while url:
        listing = client.get(url).context["listing"]
        found += [row.title for row in listing.rows]
        url = listing.next_url
    return found


def expected(*words: str, relation: str = "") -> list[str]:
    rows = Company.objects.filter(relation=relation) if relation else Company.objects.all()
    begins = [name for name in rows.values_list("name", flat=True) if all(w in f" {fold(name)}" for w in words)]
    return sorted(begins, key=fold)


@pytest.mark.parametrize("frequent", [search._FREQUENT, 100], ids=["by words", "along the order"])
@pytest.mark.parametrize("more", [search._MUCH_MORE, 1], ids=["all words by index", "the others looked at"])
def test_every_page_of_a_search_holds_what_it_should_however_it_is_asked(many, sales, monkeypatch, frequent, more):
    monkeypatch.setattr(search, "_FREQUENT", frequent)
    monkeypatch.setattr(search, "_MUCH_MORE", more)
    assert all_pages(sales, q="menuiserie+dupont") == expected(" menuiserie", " dupont")
    assert all_pages(sales, q="d") == expected(" d")
    assert all_pages(sales, q="riou", relation="customer") == expected(" riou", relation="customer")


def test_a_search_of_more_than_a_thousand_rows_says_so_and_its_tabs_what_they_have_at_least(many, sales):
    listing = sales.get(URL, {"q": "d"}).context["listing"]  # 1,200 rows
    assert listing.total_label == "1\u202f000+"
    tabs = {tab.label: tab.count for tab in listing.views}
    assert tabs["Toutes"] == "1\u202f000+"
    assert all(tabs[label].endswith("+") for label in ("Prospects", "Clients"))
    assert 0 < int(tabs["Clients"].rstrip("+")) <= Company.objects.filter(relation="customer").count()


def test_a_search_of_fewer_counts_each_tab_exactly_whatever_the_tab_one_is_on(many, sales):
    for query in ({"q": "riou"}, {"q": "riou", "relation": "customer"}):
        listing = sales.get(URL, query).context["listing"]
        assert {tab.label: tab.count for tab in listing.views} == {
            "Toutes": "600",
            "Prospects": "480",
            "Clients": "120",
        }
    assert listing.total_label == "120" and listing.last == "50"


def test_several_values_of_a_tab_s_filter_and_one_that_is_none_are_counted_too(many, sales):
    both = sales.get(f"{URL}?q=riou&relation=customer&relation=prospect").context["listing"]
    assert both.total_label == "600"
    wrong = sales.get(URL, {"q": "riou", "relation": "nothing"}).context["listing"]
    assert wrong.notices and wrong.total_label == "600"


def test_a_search_looks_once_and_asks_as_much_for_ten_rows_as_for_a_thousand(many, sales):
    searches = [sql for sql in queries_of(sales, f"{URL}?q=riou") if "@@" in sql and not sql.startswith("EXPLAIN")]
    assert len(searches) == 1
    assert len(queries_of(sales, f"{URL}?q=d")) == len(queries_of(sales, f"{URL}?q=riou"))
