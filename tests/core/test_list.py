"""The list of a resource: search, filters, sort, pages, and calm in front of a strange address.

What a list costs is in tests/contract/test_cost.py, for every resource.
"""

import datetime as dt
import re

import pytest
from django.utils import timezone

from crm.models import Activity, Company, Contact, Deal, Stage
from tests.contract.conftest import filled

URL = "/crm/companies/"


def names(answer) -> list[str]:
    listing = answer.context["listing"]
    return [row.title for row in listing.rows]


def test_names_sort_without_case_and_accents(sales, make_company):
    for name in ("élan", "Zoé", "Ébène", "abri", "Éclair"):
        make_company(name)
    assert names(sales.get(URL)) == ["abri", "Ébène", "Éclair", "élan", "Zoé"]
    assert names(sales.get(URL, {"sort": "-name"})) == ["Zoé", "élan", "Éclair", "Ébène", "abri"]


def test_people_of_one_last_name_follow_each_other_by_first_name_and_pages_hold_together(sales):
    for last, first in (
        ("Martin", "Zoé"),
        ("Martin", "Élise"),
        ("Martin", ""),
        ("martin", "Bruno"),
        ("Lebrun", "Yves"),
    ):
        Contact.objects.create(last_name=last, first_name=first)
    sorted_up = ["Yves Lebrun", "Martin", "Bruno martin", "Élise Martin", "Zoé Martin"]
    assert names(sales.get("/crm/contacts/")) == sorted_up
    assert names(sales.get("/crm/contacts/", {"sort": "-last_name"})) == sorted_up[::-1]
    assert names(sales.get("/crm/contacts/", {"q": "martin"})) == sorted_up[1:]
    many = [f"{letter}{other}" for letter in "ABCDEFGH" for other in "abcdefghij"]
    Contact.objects.bulk_create([Contact(last_name="Petit", first_name=name) for name in reversed(many)])
    page = sales.get("/crm/contacts/", {"q": "petit"})
    seen = names(page)
    while page.context["listing"].next_url:
        page = sales.get(page.context["listing"].next_url)
        seen += names(page)
    assert seen == [f"{name} Petit" for name in many]


def test_ticked_values_of_a_facet_add_up_and_facets_narrow_each_other(sales, make_company):
    make_company("A", relation="prospect", kind="public")
    make_company("B", relation="customer", kind="public")
    make_company("C", relation="customer", kind="business")
    assert names(sales.get(URL, {"kind": ["public", "business"]})) == ["A", "B", "C"]
    assert names(sales.get(URL, {"kind": "public", "relation": "customer"})) == ["B"]


def test_each_tab_counts_its_rows_under_the_search_in_force(sales, make_company):
    make_company("Dupont", relation="prospect")
    make_company("Dupont", relation="customer")
    make_company("Autre", relation="customer")
    tabs = {tab.label: tab.count for tab in sales.get(URL, {"q": "dupont"}).context["listing"].views}
    assert tabs == {"Toutes": "2", "Prospects": "1", "Clients": "1"}


def test_pages_follow_each_other_and_come_back(sales, make_company):
    Company.objects.bulk_create([Company(name=f"Maison {number:03d}") for number in range(120)])
    first = sales.get(URL)
    assert "1–50" in re.sub(r"<[^>]+>", "", first.content.decode())
    second = sales.get(first.context["listing"].next_url)
    assert names(second)[0] == "Maison 050" and second.context["listing"].first == "51"
    third = sales.get(second.context["listing"].next_url)
    assert names(third)[-1] == "Maison 119" and third.context["listing"].next_url == ""
    back = sales.get(third.context["listing"].previous_url)
    assert names(back) == names(second) and back.context["listing"].first == "51"


def test_a_row_deleted_between_two_pages_does_not_shift_the_next(sales, make_company):
    Company.objects.bulk_create([Company(name=f"Maison {number:03d}") for number in range(60)])
    first = sales.get(URL)
    Company.objects.filter(name__lt="Maison 010").delete()
    assert names(sales.get(first.context["listing"].next_url))[0] == "Maison 050"


@pytest.mark.parametrize(
    "query",
    [
        "sort=password", "sort=-", "sort=name%00", "after=x", "before=%FF", "after=WzEsMiwzXQ", "relation=nope",
        "owner=abc",        "owner=99999999999999999999", "kind=%00", "q=%00", "q=" + "a" * 5000, "q=%F0%9F%92%A9",
        "relation=&relation=&kind=",        "owner=-1", "company=x", "after=" + "A" * 4000, "q=%ED%A0%80", "sort=name&sort=city", "after=&before=",
    ],
)  # fmt: skip
def test_a_strange_address_is_never_an_error(sales, make_company, query):
    make_company()
    for url in (URL, "/crm/contacts/"):
        assert sales.get(f"{url}?{query}").status_code == 200


@pytest.mark.parametrize("query", ["sort=password", "after=x", "relation=nope"])
def test_what_is_ignored_is_said(sales, make_company, query):
    make_company()
    answer = sales.get(f"{URL}?{query}")
    assert names(answer) == ["Menuiserie Dupont"]
    assert answer.context["listing"].notices and answer.context["listing"].notices[0] in answer.content.decode()


def test_an_empty_list_says_what_to_do_next(sales, atelier):
    text = sales.get(URL).content.decode()
    assert "/crm/companies/new/" in text and "/crm/companies/import/" in text


def test_htmx_gets_the_region_only_and_caches_know_it(sales, make_company):
    make_company()
    whole = sales.get(URL)
    part = sales.get(URL, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert "<html" in whole.content.decode() and "<html" not in part.content.decode()
    assert "Menuiserie Dupont" in part.content.decode()
    assert "HX-Request-Type" in part.headers["Vary"]


def test_a_phone_is_told_beside_a_name_what_the_columns_say_elsewhere(person, atelier):
    seller, reader = person(crm="write"), person(crm="read", scope="own")
    deal = Deal.objects.create(
        name="Escalier", amount=2000, expected_on=dt.date(2031, 3, 8), stage=Stage.objects.first()
    )
    page = seller.get("/crm/deals/").content.decode()
    [beside] = re.findall(r'<span class="beside">(.*?)</span></span></th>', page)
    assert re.sub(r"<[^>]+>", "", beside).replace("\u202f", "").replace("\u00a0", " ") == "2000,00 · 8 mars 2031"
    empty = reader.get("/crm/deals/").content.decode()
    assert "rien ne vous en est confié" in empty and "importez un fichier" not in empty
    assert (
        f"« {deal} » est enregistrée."
        in seller.post(
            f"/crm/deals/{deal.pk}/edit/", filled(seller.get(f"/crm/deals/{deal.pk}/edit/")), follow=True
        ).content.decode()
    )


def test_what_is_due_at_an_hour_says_it(person, atelier):
    when = timezone.make_aware(dt.datetime(2031, 3, 8, 14, 30))
    Activity.objects.create(
        subject="Visite", kind="visit", due_at=when, deal=Deal.objects.create(name="x", stage=Stage.objects.first())
    )
    listed = person(crm="read").get("/crm/activities/").content.decode()
    shown = re.findall(r"<time [^>]*>(8\u00a0mars\u00a02031[^<]*)</time>", listed)
    assert [text.replace("\u00a0", " ") for text in shown] == ["8 mars 2031 14 h 30"] * 2


def test_lines_of_a_note_stay_lines(sales, make_company):
    company = make_company(note="Ligne un\nLigne deux")
    page = sales.get(f"/crm/companies/{company.pk}/").content.decode()
    assert '<span class="lines">Ligne un\nLigne deux</span>' in page
