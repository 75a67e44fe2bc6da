"""The counts of a facet: how many rows each option would give under the search and the other filters."""

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import facets
from core.accounts.models import User
from core.registry import registry

URL = "/crm/companies/facets/"


def counts(browser, name: str, **params) -> dict:
    answer = browser.get(f"{URL}{name}/", params)
    assert answer.status_code == 200
    return answer.json()


@pytest.fixture
def some(make_company):
    make_company("Dupont", relation="prospect", kind="public")
    make_company("Dupont", relation="customer", kind="public")
    make_company("Autre", relation="customer", kind="business")


def test_each_option_has_its_count(sales, some):
    assert counts(sales, "relation") == {"prospect": "1", "customer": "2"}


def test_the_search_and_the_other_filters_narrow_the_counts(sales, some):
    assert counts(sales, "relation", q="dupont") == {"prospect": "1", "customer": "1"}
    assert counts(sales, "relation", kind="business") == {"customer": "1"}


def test_the_facets_own_ticks_do_not_narrow_its_counts(sales, some):
    assert counts(sales, "relation", relation="prospect") == {"prospect": "1", "customer": "2"}


def test_people_are_counted_by_their_key(sales, make_company):
    owner = User.objects.get(email="sales@atelier.example")
    make_company(owner=owner)
    make_company("Sans personne")
    assert counts(sales, "owner") == {str(owner.pk): "1", "none": "1"}


def test_tags_are_counted_under_the_other_filters(sales, make_company):
    from core.actions.tags import tag_named, tag_rows
    from crm.models import Company

    make_company("Dupont", kind="public")
    make_company("Autre")
    tag = tag_named("Salon")
    tag_rows(Company.objects.all(), add=[tag])
    assert counts(sales, "tags") == {str(tag.pk): "2"}
    assert counts(sales, "tags", kind="public") == {str(tag.pk): "1"}


def test_months_are_counted_as_they_are_offered_in_paris_time(sales, make_company):
    for name, moment in {"A": "2026-10-31T22:30Z", "B": "2026-10-31T23:30Z", "C": "2026-11-02T09:00Z"}.items():
        make_company(name, created_at=dt.datetime.fromisoformat(moment), kind="public" if name == "C" else "business")
    assert counts(sales, "created") == {"2026-10": "1", "2026-11": "2"}
    assert counts(sales, "created", kind="public", created="2026-10") == {"2026-11": "1"}


def test_every_menu_that_asks_for_counts_is_answered(signed_in, atelier):
    browser = signed_in(atelier, "administrator")
    for resource in registry:
        page = browser.get(resource.url("list")).content.decode()
        asked = re.findall(r'data-counts="([^"]*facets[^"]*)"', page)
        assert asked, resource.key()
        for url in asked:
            # 204: a filter whose options nobody can count
            assert browser.get(html.unescape(url)).status_code in (200, 204), url


def test_beyond_the_rows_looked_at_a_count_is_at_least(sales, make_company, monkeypatch):
    monkeypatch.setattr(facets, "SCANNED", 3)
    for number in range(5):
        make_company(f"M{number}")
    assert counts(sales, "kind") == {"business": "3+"}


def test_one_query_whatever_the_rows(sales, some):
    with CaptureQueriesContext(connection) as queries:
        counts(sales, "kind", q="dupont")
    assert len([q for q in queries if "crm_company" in q["sql"]]) == 1


@pytest.mark.parametrize("query", ["q=%00", "kind=nope", "owner=x", "q=!!!", "sort=zzz&after=x"])
def test_a_strange_address_counts_all_the_same(sales, some, query):
    assert sales.get(f"{URL}relation/?{query}").status_code == 200


def test_what_is_no_facet_is_not_found(sales, atelier):
    assert sales.get(f"{URL}name/").status_code == 404
    assert sales.get(f"{URL}nope/").status_code == 404
    assert sales.get("/crm/contacts/facets/company/").status_code in (200, 404)


def test_rows_out_of_reach_are_not_counted(signed_in, atelier, make_company):
    from core.accounts.models import Role

    make_company("À un autre")
    mine = User.objects.get(email="sales@atelier.example")
    make_company("À moi", owner=mine)
    Role.objects.filter(code="sales").update(scopes={"crm": "own"})
    assert counts(signed_in(atelier, "sales"), "relation") == {"prospect": "1"}


def test_rows_that_are_nobody_s_are_counted_and_found(make_company, person):
    me, other = person(crm="read"), person(crm="read", scope="own")
    make_company("À moi", owner=me.user)
    make_company("À personne", owner=None)
    assert counts(me, "owner") == {str(me.user.pk): "1", "none": "1"}
    page = me.get("/crm/companies/", {"owner": "none"})
    listing = page.context["listing"]
    assert [row.title for row in listing.rows] == ["À personne"]
    assert [(chip["label"], chip["value"]) for chip in listing.chips] == [("Responsable", "Personne")]
    both = me.get("/crm/companies/", {"owner": ["none", me.user.pk]}).context["listing"]
    assert len(both.rows) == 2
    assert me.get("/api/crm/companies/", {"owner": "none"}).json()["results"][0]["title"] == "À personne"
    [facet] = [one for one in other.get("/crm/companies/").context["listing"].facets if one.name == "owner"]
    assert [value for value, _name in facet.offered] == [str(other.user.pk)]
