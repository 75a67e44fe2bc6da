"""Next and previous record, in the list that one came from."""

from itertools import pairwise

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from core.accounts.models import User
from core.neighbours import neighbours
from crm.models import Company
from crm.resources import CompanyResource

URL = "/crm/companies/"


@pytest.fixture
def user(atelier):
    return User.objects.get(email="sales@atelier.example")


@pytest.fixture
def five(make_company):
    return [make_company(name, city="Brest") for name in ("abri", "Ébène", "Éclair", "élan", "Zoé")]


def around(user, row, origin: str) -> dict:
    params = QueryDict(mutable=True)
    params["from"] = origin
    return neighbours(CompanyResource, user, row, params)


def pk_of(url: str) -> int:
    return int(url.removeprefix(URL).partition("/")[0])


def test_a_rows_link_tells_the_list_and_the_place(sales, five):
    rows = sales.get(URL, {"sort": "-name", "q": "e"}).context["listing"].rows
    assert rows[0].url.startswith(f"{URL}{rows[0].pk}/?from=1~")
    assert "sort" in rows[0].url and "after" not in rows[0].url


def test_the_neighbours_are_those_of_the_list(user, five):
    found = around(user, five[1], "2~")
    assert pk_of(found["previous_url"]) == five[0].pk and pk_of(found["next_url"]) == five[2].pk
    assert (found["position"], found["total"]) == ("2", "5")


def test_walking_by_next_sees_every_row_of_a_sorted_and_filtered_list(user, five):
    from urllib.parse import unquote

    five[2].relation = "customer"
    five[2].save()
    row, origin, seen = five[4], "1~relation=prospect&sort=-name", [five[4].pk]
    while url := around(user, row, origin)["next_url"]:
        row, origin = Company.objects.get(pk=pk_of(url)), unquote(url.partition("?from=")[2])
        seen.append(row.pk)
    assert seen == [five[index].pk for index in (4, 3, 1, 0)]
    assert origin.startswith("4~")


@pytest.mark.parametrize("sort", ["updated_at", "-updated_at", "city", "-city"])
def test_ties_and_dates_keep_every_row_once(user, five, sort):
    order = list(CompanyResource.model.objects.order_by("updated_at", "pk").values_list("pk", flat=True))
    if sort == "city":
        order = sorted(order)
    if sort == "-city":
        order = sorted(order, reverse=True)
    if sort == "-updated_at":
        order.reverse()
    for before, here in pairwise(order):
        found = around(user, Company.objects.get(pk=here), f"3~sort={sort}")
        assert pk_of(found["previous_url"]) == before


def test_the_ends_have_no_neighbour(user, five):
    assert around(user, five[0], "1~")["previous_url"] == ""
    assert around(user, five[4], "5~")["next_url"] == ""


@pytest.mark.parametrize(
    "origin", ["", "x", "1", "~", "0~", "-1~", "²~", "999999999~", "1~" + "a" * 5000, "1.5~", "\x00~", "1e3~"]
)
def test_what_no_list_wrote_is_ignored(user, five, origin):
    assert around(user, five[0], origin) == {}


@pytest.mark.parametrize("origin", ["1~sort=password", "1~relation=nope&owner=x", "1~q=%00", "7~after=xyz"])
def test_a_strange_list_is_the_usual_one(user, five, origin):
    assert pk_of(around(user, five[0], origin)["next_url"]) == five[1].pk


def test_rows_out_of_reach_are_passed_over(user, five):
    from core.accounts.models import Role

    Company.objects.filter(pk__in=[five[0].pk, five[2].pk]).update(owner=user)
    Role.objects.filter(code="sales").update(scopes={"crm": "own"})
    user = User.objects.get(pk=user.pk)
    five[0].refresh_from_db()
    assert pk_of(around(user, five[0], "1~")["next_url"]) == five[2].pk


def test_the_record_page_leads_to_its_neighbours_and_back_to_the_list(sales, five):
    rows = sales.get(URL, {"sort": "-name"}).context["listing"].rows
    page = sales.get(rows[1].url)
    assert page.context["list_url"] == f"{URL}?sort=-name"
    text = page.content.decode()
    assert "2 sur 5" in text and rows[0].url in text and rows[2].url in text
    assert "Fiches voisines" not in sales.get(f"{URL}{five[0].pk}/").content.decode()


def test_two_queries_and_a_count(user, five):
    user.access  # noqa: B018 - read once a request, before
    around(user, five[1], "2~")  # what a process learns once, the client's own fields among it
    with CaptureQueriesContext(connection) as queries:
        around(user, five[1], "2~")
    assert len(queries) == 3
