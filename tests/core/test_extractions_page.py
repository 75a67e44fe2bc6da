"""The page « Extractions »: administrators see the register, everybody else their own part; its filters and pages."""

import pytest
from django.utils import timezone

from core.accounts.models import Role, User
from core.exporting import recording
from core.exporting.recording import Origin, Outcome, Way
from core.models import Extraction
from core.registry import registry
from crm.resources import CompanyResource, ContactResource

URL = "/extractions/"


@pytest.fixture
def kept(atelier):
    """Rows of the register: `kept(CompanyResource, "sales")`."""

    def make(resource=CompanyResource, who="sales", way=Way.EXPORT, end=True, **data) -> Extraction:
        user = User.objects.get(email=f"{who}@atelier.example")
        row = recording.begin(
            resource, user, way=way, origin=Origin("crm-company-export", "192.0.2.7"), format="csv",
            columns=["name", "owner", "tags", "gone"], **data,
        )  # fmt: skip
        if end:
            recording.finish(row, outcome=Outcome.COMPLETE, rows=12, size=3, sha256="ab" * 32)
        return row

    return make


@pytest.fixture
def boss(atelier, signed_in):
    return signed_in(atelier, "administrator")


def pks(answer) -> list[int]:
    assert answer.status_code == 200
    return [item["row"].pk for item in answer.context["rows"]]


def test_administrators_see_everybodys_and_the_others_their_own(kept, boss, sales, reader):
    first, second = kept(who="sales"), kept(who="reader")
    assert pks(boss.get(URL)) == [second.pk, first.pk]
    assert pks(sales.get(URL)) == [first.pk] and pks(reader.get(URL)) == [second.pk]
    assert sales.get(f"{URL}{first.pk}/").status_code == 200
    assert sales.get(f"{URL}{second.pk}/").status_code == 404
    assert "Par</span>" not in sales.get(URL).content.decode(), "only administrators choose a person"


def test_the_page_of_one_says_everything_that_is_known(kept, boss):
    row = kept(words="Recherche : riou · Relation : Client", params={"q": ["riou"]}, selected=3)
    text = boss.get(f"{URL}{row.pk}/").content.decode()
    for word in ("Sales Test", "crm-company-export", "192.0.2.7", "Recherche : riou · Relation : Client", "ab" * 32,
                 "3 fiches choisies", "Société, Responsable, Étiquettes, gone", "Toutes les fiches", "Complète"):  # fmt: skip
        assert word in text, word


def test_it_is_filtered_by_list_nature_person_and_day(kept, boss):
    one, two = kept(), kept(ContactResource, "reader", Way.PRINT)
    today = timezone.localdate()
    assert pks(boss.get(f"{URL}?resource=crm.contact")) == [two.pk]
    assert pks(boss.get(f"{URL}?way=export")) == [one.pk]
    assert pks(boss.get(f"{URL}?by={two.actor_id}")) == [two.pk]
    assert pks(boss.get(f"{URL}?since=2020-01-01")) == [two.pk, one.pk]
    assert pks(boss.get(f"{URL}?until=2020-01-01")) == []
    assert pks(boss.get(f"{URL}?since={today}&until={today}")) == [two.pk, one.pk]


@pytest.mark.parametrize("query", [
    "resource=x", "way=%00", "by=zz", "by=99999999999999999999", "since=2026-02-31", "until=hier", "before=x",
    "before=999999999999999999999", "since=0000-00-00", "since=9999-12-31", "until=9999-12-31", "until=0001-01-01",
])  # fmt: skip
def test_what_no_filter_knows_is_ignored(kept, boss, query):
    kept()
    assert boss.get(f"{URL}?{query}").status_code == 200


def test_older_ones_are_on_other_pages(kept, boss, monkeypatch):
    monkeypatch.setattr("core.views.extractions._PAGE", 2)
    rows = [kept().pk for _number in range(5)]
    first = boss.get(f"{URL}?way=export")
    assert pks(first) == rows[:-3:-1]
    assert pks(boss.get(first.context["more_url"])) == rows[2:0:-1] and "way=export" in first.context["more_url"]


def test_it_is_in_the_menu_of_whoever_may_take_something_out(sales, monkeypatch):
    assert f'href="{URL}"' in sales.get("/").content.decode()
    for resource in registry:
        monkeypatch.setattr(resource, "extraction_right", "crm.export")
    assert f'href="{URL}"' not in sales.get("/").content.decode()
    Role.objects.filter(code="sales").update(rights=["crm.export"])
    assert f'href="{URL}"' in sales.get("/").content.decode()


def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(kept, boss, django_assert_max_num_queries):
    for _number in range(3):
        kept(end=False)
    boss.get(URL)
    with django_assert_max_num_queries(8):
        boss.get(URL)
    for _number in range(30):
        kept(end=False)
    with django_assert_max_num_queries(8):
        boss.get(URL)
