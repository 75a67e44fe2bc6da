"""Searching among many rows: what is found does not depend on how PostgreSQL is asked, and counts say what they know."""

import re

import pytest
from django.db import connection

from core import search_plan as plans
from core.checks import check_resources
from core.text import fold
from crm.models import Company
from crm.resources.company import CompanyResource
from tests.contract.conftest import queries_of

URL = "/crm/companies/"
TRADES = ("Menuiserie", "Plomberie")
NAMES = ("Dupont", "Durand", "Riou", "Le Goff")


@pytest.fixture
def many(atelier):
    """2,400 companies; every second is a joinery, every fourth a Dupont, every fifth a customer."""
    Company.objects.bulk_create(
        [
            Company(
                name=f"{TRADES[number % 2]} {NAMES[number % 4]} {number:04d}",
                relation="customer" if number % 5 == 0 else "prospect",
            )
            for number in range(2_400)
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_company")


def all_pages(client, **query) -> list[str]:
    """The names on every page, from the first to the last, which one finds again on the way back."""
    pages, url, back = [], f"{URL}?{'&'.join(f'{name}={value}' for name, value in query.items())}", ""
    while url:
        listing = client.get(url).context["listing"]
        pages.append([row.title for row in listing.rows])
        url, back = listing.next_url, listing.previous_url
    for page in pages[-2::-1]:
        listing = client.get(back).context["listing"]
        assert [row.title for row in listing.rows] == page
        back = listing.previous_url
    assert not back
    return [name for page in pages for name in page]


def expected(*words: str, relation: str = "") -> list[str]:
    rows = Company.objects.filter(relation=relation) if relation else Company.objects.all()
    begins = [name for name in rows.values_list("name", flat=True) if all(w in f" {fold(name)}" for w in words)]
    return sorted(begins, key=fold)


@pytest.fixture(
    params=[(10**9, 8_192, 10**9), (0, 8_192, 10**9), (0, 300, 10**9), (0, 3, 10**9), (10**9, 8_192, 0)],
    ids=["sorted", "along the order", "along it for a while", "along it in vain", "in two parts"],
)
def manner(request, monkeypatch):
    """How the rows are looked for: all sorted; along the index of the order, to its end or so many rows on; those that
    begin with the word, then the others."""
    walked, near, front = request.param
    monkeypatch.setattr(plans, "_FRONT", front)
    monkeypatch.setattr(plans, "_EVERYWHERE", near)  # whichever rows are counted, so many are
    monkeypatch.setattr(plans, "_WALKED", walked)
    monkeypatch.setattr(plans.Plan, "near", near)


def test_every_page_of_a_search_holds_what_it_should_however_it_is_asked(many, sales, manner):
    assert all_pages(sales, q="d") == expected(" d")
    assert all_pages(sales, q="p", sort="-name") == expected(" p")[::-1]  # what names begin with
    assert all_pages(sales, q="d", relation="customer") == expected(" d", relation="customer")


@pytest.mark.parametrize("scope", ["own", "team"])
def test_everyone_finds_their_own_rows_and_no_one_else_s_by_statements_that_are_kept(many, person, manner, scope):
    """The statements are composed once for all who see so far: each is sent with other people."""
    users = [person(crm="read", scope=scope, teams=[team]) for team in ("Nord", "Sud")]
    Company.objects.filter(name__regex="[0-4]$").update(owner=users[0].user)
    Company.objects.filter(name__regex="[5-8]$").update(owner=users[1].user)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_company")
    for reader, last in zip(users, ("01234", "5678"), strict=True):
        last += "9" if scope == "team" else ""  # and those that are nobody's
        for query, words in (({}, ()), ({"q": "d"}, (" d",)), ({"q": "menuiserie+dupont"}, (" menuiserie", " dupont"))):
            assert all_pages(reader, **query) == [name for name in expected(*words) if name[-1] in last]
        names = [name for name in expected() if name[-1] in last]
        tabs = {tab.label: tab.count for tab in reader.get(URL).context["listing"].views}
        assert tabs["Toutes"].replace("\u202f", "") == str(len(names))
        [group] = [one for one in reader.get("/palette/?q=riou").context["groups"] if one["label"] == "Sociétés"]
        labels = [option["label"] for option in group["options"]]
        assert len(labels) == 5 and all("Riou" in label and label[-1] in last for label in labels)


@pytest.mark.parametrize("more", [plans._MUCH_MORE, 1], ids=["all words by index", "the others looked at"])
def test_so_it_does_with_several_words_and_a_tab(many, sales, monkeypatch, more):
    monkeypatch.setattr(plans, "_MUCH_MORE", more)
    assert all_pages(sales, q="menuiserie+dupont") == expected(" menuiserie", " dupont")
    assert all_pages(sales, q="riou", relation="customer") == expected(" riou", relation="customer")


def test_a_server_that_lends_workers_to_a_statement_changes_nothing(many, sales):
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 2")
        cursor.execute("SET debug_parallel_query = on")  # a Gather on top of every plan
    try:
        assert all_pages(sales, q="menuiserie+dupont") == expected(" menuiserie", " dupont")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET debug_parallel_query")
            cursor.execute("RESET max_parallel_workers_per_gather")


def test_by_another_column_too(many, sales, manner):
    Company.objects.filter(name__endswith="7").update(city="Brest")
    assert sorted(all_pages(sales, q="d", sort="city")) == sorted(expected(" d"))
    assert sorted(all_pages(sales, q="d", sort="-updated_at")) == sorted(expected(" d"))


def test_one_goes_from_record_to_record_of_a_search(many, sales, manner):
    names = expected(" p")
    rows = {company.name: company.pk for company in Company.objects.all()}
    for rank in (1, 2, 600, 1199, 1200):
        page = sales.get(f"{URL}{rows[names[rank - 1]]}/?from={rank}~q%3Dp").context
        assert page["position"].replace("\u202f", "") == str(rank) and page["total"] == "1\u202f000+"
        for url, place in ((page["previous_url"], rank - 2), (page["next_url"], rank)):
            assert (f"/{rows[names[place]]}/?from={place + 1}~" in url) if 0 <= place < 1200 else url == ""


def test_what_names_begin_with_is_not_looked_for_through_all_the_names_before(many, sales, monkeypatch):
    """« transports », among a million companies, passed 900,000 names: 1.5 s."""
    monkeypatch.setattr(plans, "_WALKED", 0)
    monkeypatch.setattr(plans.Plan, "near", 100)
    read = [sql for sql in queries_of(sales, f"{URL}?q=p") if "@@" in sql and not sql.startswith("EXPLAIN")]
    walks = [sql for sql in read if "ORDER BY" in sql and "GREATEST" not in sql]
    end = '("crm_company"."sort_key", "crm_company"."id") < ('
    assert walks and all(end in sql for sql in walks), "a walk without an end"


@pytest.fixture
def ports(atelier):
    """Companies whose name begins with « port », or has it elsewhere, or twice; their cities and mails have it too."""
    shapes = (
        "Port {:03d}",
        "Portail {:03d}",
        "Aber Port {:03d}",
        "Zone portuaire {:03d}",
        "Port-Port {:03d}",
        "Export {:03d}",
    )
    Company.objects.bulk_create(
        [
            Company(name=shape.format(number), city="Port-Louis" if number % 3 == 0 else "Zone du Bono")
            for shape in shapes
            for number in range(40)
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_company")


def test_what_begins_with_the_word_and_what_has_it_elsewhere_make_one_list(ports, sales, manner):
    def everywhere(*words: str) -> list[str]:
        names = [
            company.name
            for company in Company.objects.all()
            if all(f" {word}" in f" {fold(company.name)} {fold(company.city)}" for word in words)
        ]
        return sorted(names, key=fold)

    assert 200 < len(everywhere("port")) < 240
    assert all_pages(sales, q="port") == everywhere("port")
    assert all_pages(sales, q="port", sort="-name") == everywhere("port")[::-1]
    assert all_pages(sales, q="port+zone") == everywhere("port", "zone")
    assert all_pages(sales, q="port+po") == everywhere("port", "po")


def test_in_two_parts_each_is_found_by_its_index(many, sales, monkeypatch):
    """« transports », among a million companies, read 43,000 rows to sort them: 0.15 s."""
    monkeypatch.setattr(plans, "_FRONT", 0)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        read = [sql for sql in queries_of(sales, f"{URL}?q=plomberie") if "^@" in sql and not sql.startswith("EXPLAIN")]
        ways = []
        for sql in read:
            cursor.execute(f"EXPLAIN {sql}")
            way = str(cursor.fetchall())
            ways += [[name for name in ("company_by_name", "company_behind") if name in way]]
    assert ways == [["company_by_name"], ["company_by_name"], ["company_behind"]]  # counted, then the page


def test_a_sort_column_without_the_index_that_searches_behind_its_first_word_is_refused_at_start_up(monkeypatch):
    assert not [error for error in check_resources(None) if error.id == "core.E006"]
    kept = [index for index in Company._meta.indexes if index.name != "company_behind"]
    monkeypatch.setattr(Company._meta, "indexes", kept)
    (error,) = [error for error in check_resources(None) if error.id == "core.E006"]
    assert "crm.Company" in error.msg and "behind_first_word" in error.msg


def test_of_several_words_the_one_is_taken_apart_behind_which_the_others_are_soon_met():
    """« sci m », among a million companies: 43,000 begin with SCI, two in ten of which have a word in m."""
    sizes = plans.Sizes(10**6, {"sci": 43_000, "m": 190_000}, {"sci": 43_000, "m": 90_000})
    order = CompanyResource.first_order()
    front, behind = plans.Plan("sci:* & m:*", None, sizes).parts(order)
    assert (front.first, front.looked_at) == ("sci", "sci:* & m:*")
    assert (behind.first, behind.indexed, behind.looked_at, behind.behind) == ("sci", "sci:*", "m:*", True)
    rare = plans.Sizes(10**6, {"sci": 43_000, "dupont": 900}, {"sci": 43_000, "dupont": 0})
    assert plans.Plan("dupont:*", "sci:*", rare).parts(order) is None  # nine hundred rows are read and sorted


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


def test_a_search_looks_once_and_a_frequent_word_asks_once_more_how_far_to_go(many, sales):
    searches = [sql for sql in queries_of(sales, f"{URL}?q=riou") if "@@" in sql and not sql.startswith("EXPLAIN")]
    assert len(searches) == 1
    assert len(queries_of(sales, f"{URL}?q=0012")) == len(queries_of(sales, f"{URL}?q=riou"))  # one row, six hundred
    assert len(queries_of(sales, f"{URL}?q=d")) == len(queries_of(sales, f"{URL}?q=riou")) + 1


def test_the_palette_reads_the_rows_of_longer_words_only_when_the_word_itself_has_too_few(many, sales):
    """Among a million companies « dupont » took 3.5 ms as a beginning, 2 as a word."""
    Company.objects.bulk_create([Company(name=f"Abri {name}") for name in ("Kerviel", "Kervielle", "Kervielec", "Ker")])

    def asked(text: str) -> tuple[list[str], str]:
        sent = queries_of(sales, f"/palette/?q={text}")
        (sql,) = [sql for sql in sent if 'FROM "crm_company"' in sql and not sql.startswith("EXPLAIN")]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {sql}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        page = sales.get(f"/palette/?q={text}").content.decode()
        return re.findall(r">((?:Abri|Menuiserie|Plomberie) [^<]+)</span>", page), plan

    names, plan = asked("riou")  # 600 rows have the word
    assert names == expected(" riou")[:5] and "(never executed)" in plan
    names, plan = asked("kerviel")
    assert names == ["Abri Kerviel", "Abri Kervielec", "Abri Kervielle"] and "(never executed)" not in plan
    assert asked("abri+kervi")[0] == names
    assert asked("kervielles")[0] == []
