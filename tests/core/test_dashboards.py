"""The home page: what it shows, how each person arranges it; charts as they are drawn."""

import datetime as dt
import re
from dataclasses import dataclass

import pytest
from django.http import QueryDict

from core.accounts.models import Role, User
from core.dashboards import charts
from core.dashboards.counting import Reader
from core.dashboards.declaring import dashboard_of
from core.filters import MonthFacet
from core.models import DashboardLayout
from crm.models import Company
from crm.resources import CompanyResource


@dataclass
class Figure:
    label: str
    count: int
    url: str = "/"
    short: str = ""
    tone: str = ""

    @property
    def text(self) -> str:
        return str(self.count)


def figures(*counts: int) -> list[Figure]:
    return [Figure(f"n° {place}", count) for place, count in enumerate(counts)]


@pytest.fixture
def sales(signed_in, atelier):
    return signed_in(atelier)


def keys_of(browser, url: str = "/") -> list[str]:
    return [tile["key"] for tile in browser.get(url).context["tiles"]]


def move(browser, name: str, key: str):
    return browser.post("/home/tiles/", {"order": keys_of(browser), name: key})


# --- arranging ----------------------------------------------------------------------------------------------------
def test_a_tile_moves_goes_and_comes_back(sales):
    first, second, *rest = keys_of(sales)
    assert move(sales, "down", first).headers["Location"] == f"/?arrange=1#{first}"
    assert keys_of(sales) == [second, first, *rest]
    move(sales, "up", first)
    move(sales, "up", first)  # already at the end: nothing moves
    assert keys_of(sales) == [first, second, *rest]
    move(sales, "remove", second)
    assert keys_of(sales) == [first, *rest]
    move(sales, "add", second)
    assert keys_of(sales) == [first, *rest, second]
    sales.post("/home/tiles/", {"reset": "1"})
    assert keys_of(sales) == [first, second, *rest] and not DashboardLayout.objects.exists()


def test_each_person_has_their_own(sales, signed_in, atelier):
    reader = signed_in(atelier, "reader")
    before = keys_of(reader)
    move(sales, "remove", before[0])
    assert keys_of(reader) == before and keys_of(sales) == before[1:]


def test_an_empty_home_says_how_to_fill_it(sales):
    sales.post("/home/tiles/", {"fetch": "1"})
    page = sales.get("/")
    assert page.context["tiles"] == [] and "Ajouter des tuiles" in page.content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {"order": ["nothing", "crm.companies", "crm.companies", "\x00", "x" * 5000]},
        {"order": ["crm.companies"], "up": "nothing"},
        {"order": ["crm.companies"], "add": "../../etc"},
    ],
)
def test_what_is_no_tile_is_not_kept(sales, sent):
    assert sales.post("/home/tiles/", sent).status_code == 302
    assert keys_of(sales) == ["crm.companies"]


def test_a_role_gets_a_home_page_from_an_administrator_only(sales, signed_in, atelier):
    role = Role.objects.get(code="sales")
    sent = {"order": ["crm.relations", "crm.companies"], "for_role": "1", "role": role.pk}
    assert sales.post("/home/tiles/", sent).status_code == 403
    admin = signed_in(atelier, "administrator")
    before = keys_of(admin)
    assert "Commercial" in admin.post("/home/tiles/", sent, follow=True).content.decode()
    assert keys_of(sales) == ["crm.relations", "crm.companies"]
    assert keys_of(admin) == before, "who has another role keeps theirs"
    move(sales, "add", "crm.contacts")
    assert keys_of(sales) == ["crm.relations", "crm.companies", "crm.contacts"], "one's own goes before the role's"
    for wrong in ("", "0", "abc", "9" * 30):
        assert admin.post("/home/tiles/", {**sent, "role": wrong}).status_code == 404


def test_a_tile_out_of_sight_is_kept_for_the_day_the_right_comes_back(sales, atelier):
    before = keys_of(sales)
    move(sales, "up", before[-1])
    user = User.objects.get(email="sales@atelier.example")
    roles = list(user.roles.all())
    user.roles.clear()
    assert keys_of(sales) == ["core.activity"]
    move(sales, "up", "core.activity")
    user.roles.set(roles)
    assert set(keys_of(sales)) == set(before)


def test_a_reader_gets_no_button_to_create(signed_in, atelier):
    page = signed_in(atelier, "reader").get("/").content.decode()
    assert CompanyResource.create_url not in page and "Bonjour Reader" in page


def test_the_dashboard_stands_first_in_its_modules_menu(sales):
    menu = sales.get("/").context["shell"]["menu"]
    group = next(group for group in menu if group["label"] == "Relation client")
    assert group["items"][0]["url"] == "/dashboards/crm/" and group["items"][0]["label"] == "Tableau de bord"
    assert sales.get("/dashboards/nothing/").status_code == 404
    assert dashboard_of("crm") is not None


def test_a_count_beyond_the_cap_says_so_and_is_a_link(sales, monkeypatch):
    from core import keyset, tabs
    from core.dashboards import counting

    for module in (keyset, tabs, counting):
        monkeypatch.setattr(module, "COUNT_CAP", 3)
    Company.objects.bulk_create([Company(name=f"N{number}") for number in range(6)])
    tile = next(tile for tile in sales.get("/").context["tiles"] if tile["key"] == "crm.companies")
    assert tile["total"] == "3+" and tile["last"].text == "3+"
    assert sales.get(tile["url"]).context["listing"].total_label == "3+"


# --- months -------------------------------------------------------------------------------------------------------
def test_months_go_back_over_new_year():
    assert MonthFacet.last(3, dt.date(2027, 1, 31)) == [(2026, 11), (2026, 12), (2027, 1)]


def test_a_month_begins_at_midnight_in_paris(atelier, monkeypatch):
    moments = {
        "octobre": dt.datetime(2026, 10, 31, 22, 59, tzinfo=dt.UTC),
        "novembre": dt.datetime(2026, 10, 31, 23, 0, tzinfo=dt.UTC),
        "fin novembre": dt.datetime(2026, 11, 30, 22, 59, 59, tzinfo=dt.UTC),
        "décembre": dt.datetime(2026, 11, 30, 23, 0, tzinfo=dt.UTC),
    }
    Company.objects.bulk_create([Company(name=name, created_at=moment) for name, moment in moments.items()])
    user = User.objects.get(email="sales@atelier.example")
    filters = Reader(user).filters(CompanyResource)
    found = filters["created"].filter(Company.objects.all(), ["2026-11"])
    assert {company.name for company in found} == {"novembre", "fin novembre"}


def test_a_month_that_is_none_is_ignored_and_said(sales):
    for wrong in ("2026-13", "1999-01", "abc", "2026-1", ""):
        answer = sales.get("/crm/companies/", QueryDict(f"created={wrong}"))
        assert answer.status_code == 200
    assert sales.get("/crm/companies/?created=2026-13").context["listing"].notices


# --- charts -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("highest", "marks"),
    [
        (0, [0, 1]), (1, [0, 1]), (2, [0, 1, 2]), (4, [0, 1, 2, 3, 4]), (7, [0, 2, 4, 6, 8]), (18, [0, 5, 10, 15, 20]),
        (86, [0, 50, 100]), (640, [0, 200, 400, 600, 800]), (10_001, [0, 5000, 10_000, 15_000]),
    ],
)  # fmt: skip
def test_ticks_are_round_and_reach_the_highest(highest, marks):
    assert charts.ticks(highest) == marks


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (950, "950"),
        (2500, "2\u202f500"),
        (12_000, "12\u202fk"),
        (12_500, "12,5\u202fk"),
        (3_000_000, "3\u202fM"),
    ],
)
def test_an_axis_is_short_and_french(value, shown):
    assert charts.compact(value) == shown


def test_shares_in_words():
    assert [charts.percent(count, 300) for count in (0, 1, 100, 300)] == [
        "0\u202f%",
        "<\u202f1\u202f%",
        "33\u202f%",
        "100\u202f%",
    ]
    assert charts.percent(1, 0) == "0\u202f%"


@pytest.mark.parametrize("draw", [charts.bars, charts.line])
@pytest.mark.parametrize("counts", [(), (0,), (0, 0, 0), (5,), (1, 10_001, 3)])
def test_a_chart_has_a_title_and_a_link_with_words_for_each_figure(draw, counts):
    drawn = draw(figures(*counts), name="x", title="Titre <&>")
    assert '<title id="x-t">Titre &lt;&amp;&gt;</title>' in drawn and "NaN" not in drawn and "inf" not in drawn
    assert len(re.findall(r'<a class="col', drawn)) == len(counts)
    assert all(f"<title>n° {place} : {count}</title>" in drawn for place, count in enumerate(counts))


def test_bars_stand_in_proportion():
    tops = [
        float(top)
        for top in re.findall(
            r'<path class="bar" d="M[\d.]+ \d+V([\d.]+)', charts.bars(figures(50, 100), name="x", title="")
        )
    ]
    floor = charts.HEIGHT - 24
    low, high = (floor - top for top in tops)
    assert high == pytest.approx(2 * low, rel=0.05)


def test_shares_of_a_ring_add_up():
    drawn = charts.donut(figures(1, 1, 2), "4")
    starts = [float(start) for start in re.findall(r'stroke-dashoffset="(-?[\d.]+)"', drawn)]
    assert starts == [0, -25, -50]
    assert charts.donut(figures(0, 0), "0").count("<circle") == 1, "an empty ring is drawn"


def test_hostile_words_stay_words():
    bad = [Figure('"><script>alert(1)</script>', 3, url='/?x="><script>')]
    for drawn in (
        charts.bars(bad, name="x", title="</title><script>"),
        charts.line(bad, name="x", title=""),
        charts.donut(bad, "<b>"),
        charts.stack(bad),
    ):
        assert "<script" not in drawn


def test_a_sparkline_wants_something_to_show():
    assert charts.sparkline([]) == "" and charts.sparkline([0, 0]) == "" and charts.sparkline([1]) == ""
    assert "<svg" in charts.sparkline([3, 3, 3])
