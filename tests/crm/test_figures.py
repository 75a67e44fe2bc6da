"""The sums of the dashboard: right for whoever looks, and each leads to the deals that it sums."""

import datetime as dt
import itertools
import re

import pytest
from django.db import connection
from django.utils import timezone

from core.months import firsts_around
from crm import figures
from crm.forecast import BEFORE
from crm.models import Deal, Lead, Stage
from tests.contract.conftest import queries_of


@pytest.fixture
def deals(stages, person):
    """Deals of one's own and of others, open, won this month, won long ago, lost."""
    mine = person(crm="write", scope="own")
    now = timezone.now()
    for owner in (mine.user, None):
        for stage, amount, days, source in (
            ("Négociation", 1000, None, ""), ("Négociation", 500, None, ""), ("Gagnée", 2000, 0, "Salon"),
            ("Gagnée", 300, 0, "Site"), ("Gagnée", 40, 0, ""), ("Gagnée", 9000, 800, "Salon"), ("Perdue", 700, 0, "Salon"),
        ):  # fmt: skip
            deal = Deal.objects.create(name=stage, stage=stages[stage], amount=amount, owner=owner, source=source)
            if days is not None:
                Deal.objects.filter(pk=deal.pk).update(closed_at=now - dt.timedelta(days=days))
    return mine


def listed(someone, url: str) -> int:
    return someone.get(url).context["listing"].total


@pytest.mark.parametrize("scope", ["own", "all"])
def test_each_sum_is_of_the_deals_behind_its_link(deals, person, scope):
    me = deals if scope == "own" else person(crm="write")
    times = 1 if scope == "own" else 2
    stage = next(one for one in figures.by_stage(me.user)["rows"] if one.amount)
    share = Stage.objects.get(name="Négociation").probability
    assert (stage.label, stage.amount, stage.weighted) == ("Négociation", 1500 * times, 15 * share * times)
    won = figures.won_by_month(me.user)["now"]
    assert (won.amount, won.deals) == (2340 * times, 3 * times)  # and nothing of two years ago
    sources = figures.by_source(me.user)["rows"]
    told = [(one.label, one.amount) for one in sources]
    assert told == [("Salon", 2000 * times), ("Site", 300 * times), ("Sans origine", 40 * times)]
    assert [one["told"] for one in figures.conversion(me.user)["rows"]] == [f"{3 * times} sur {4 * times}"]


@pytest.mark.parametrize("scope", ["own", "all"])
def test_each_link_of_the_tiles_opens_what_they_sum(deals, person, scope):
    me = deals if scope == "own" else person(crm="write")
    Lead.objects.create(last_name="Hamon", state="converted", converted_at=timezone.now(), owner=deals.user)
    old = Lead.objects.create(last_name="Le Goff", state="converted", converted_at=timezone.now(), owner=deals.user)
    Lead.objects.filter(pk=old.pk).update(created_at=timezone.now() - dt.timedelta(days=800))
    parts = [figures.by_stage(me.user)["rows"], figures.won_by_month(me.user)["points"],
             figures.by_source(me.user)["rows"]]  # fmt: skip
    for one in itertools.chain(*parts):
        rows = me.get(one.url).context["listing"].filtered
        assert (rows.count(), sum(row.amount for row in rows)) == (one.deals, one.amount), one.label
    converted = figures.conversion(me.user)["rows"]
    assert len(converted) == 2
    for one in converted:
        assert one["told"].startswith(f"{listed(me, one['url'])} sur "), one["label"]


def test_the_last_twelve_months_are_counted_among_the_months(deals, person):
    counts = person(crm="read").get("/crm/deals/facets/closed/?state=won").json()
    assert (
        counts["year"] == "6"
        and counts[f"{timezone.localdate():%Y-%m}"] == "6"
        and sum(map(int, counts.values())) == 14
    )


def test_leads_are_converted_out_of_those_that_came(person):
    me = person(crm="write")
    Lead.objects.create(last_name="Hamon")
    Lead.objects.create(last_name="Le Goff", state="converted", converted_at=timezone.now())
    (line,) = figures.conversion(me.user)["rows"]
    assert (line["share"], line["told"], listed(me, line["url"])) == ("50\u202f%", "1 sur 2", 1)


def test_the_page_shows_them_at_a_cost_that_does_not_grow(deals):
    few = len(queries_of(deals, "/dashboards/crm/"))
    stage = Stage.objects.get(name="Négociation")
    Deal.objects.bulk_create([Deal(name="x", stage=stage, amount=1, owner=deals.user) for _n in range(50)])
    assert len(queries_of(deals, "/dashboards/crm/")) <= few
    page = deals.get("/dashboards/crm/").content.decode()
    assert "Montant gagné par mois" in page and "1\u202f550\u202f€" in page


def test_an_empty_base_says_so(person):
    page = person(crm="write").get("/dashboards/crm/").content.decode()
    assert page.count("Rien à compter pour l’instant.") >= 4


def test_a_stage_without_deals_says_so_in_the_singular(stages, person):
    Deal.objects.create(name="Seule", stage=stages["Négociation"], amount=10)
    page = person(crm="read").get("/dashboards/crm/").content.decode()
    assert "1 affaire" in page and "0 affaire" in page and "0 affaires" not in page


def test_months_begin_and_end_by_the_clock_of_paris(stages, person):
    me = person(crm="write")
    first = timezone.localdate().replace(day=1)
    midnight = timezone.make_aware(dt.datetime.combine(first, dt.time()))
    deals = [Deal.objects.create(name="Gagnée", stage=stages["Gagnée"], amount=10**n, owner=None) for n in range(3)]
    for deal, moment in zip(deals, (midnight, midnight - dt.timedelta(seconds=1), midnight - dt.timedelta(days=40)),
                            strict=True):  # fmt: skip
        Deal.objects.filter(pk=deal.pk).update(closed_at=moment)
    shown = {one.label: int(one.amount) for one in figures.won_by_month(me.user)["points"] if one.amount}
    assert list(shown.values()) == [100, 10, 1]
    months = {one["month"].start: one["month"] for one in me.get("/crm/deals/forecast/").context["months"]}
    assert [int(month.won) for month in months.values() if month.won] == [100, 10, 1]
    assert months[first].won == 1 and months[first].present


def test_the_forecast_puts_each_day_into_its_month_and_the_rest_before_and_behind(stages, person):
    me = person(crm="write")
    first = timezone.localdate().replace(day=1)
    starts = firsts_around(first, 0, 10)
    days = {1: first, 10: starts[1] - dt.timedelta(days=1), 100: starts[1], 1000: starts[10] - dt.timedelta(days=1),
            10_000: starts[10], 100_000: first - dt.timedelta(days=1)}  # fmt: skip
    for amount, day in days.items():
        Deal.objects.create(name="x", stage=stages["Négociation"], amount=amount, expected_on=day, probability=50)
    page = me.get("/crm/deals/forecast/").context
    months = {one["month"].start: one["month"] for one in page["months"]}
    assert [int(months[start].amount) for start in (starts[0], starts[1], starts[9])] == [11, 100, 1000]
    assert (int(page["later"]["month"].amount), int(page["late"]["month"].amount)) == (10_000, 100_000)
    for line in (page["later"], *page["months"][BEFORE:], page["late"]):
        rows = me.get(line["open_url"]).context["listing"].filtered
        assert sum(row.amount for row in rows) == line["month"].amount, line["month"].label
    assert page["weighted"] * 2 == page["amount"] == 111_111


def test_sums_read_an_index_and_no_row(deals, person):
    """Among a million deals the forecast took 0.7 s, and the tile of the home page 0.35."""
    boss = person(crm="manage")
    figures_, (forecast, _won) = (
        [sql for sql in queries_of(boss, url) if '"crm_deal"' in sql and ("SUM(" in sql or " FILTER (" in sql)]
        for url in ("/dashboards/crm/", "/crm/deals/forecast/")
    )
    with connection.cursor() as cursor:
        for other in ("seqscan", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{other} = off")

        def index_of(sql: str) -> str:
            cursor.execute(f"EXPLAIN {sql}")
            found = re.search(r"Index Only Scan using (\w+)", str(cursor.fetchall()))
            return found[1] if found else "rows are read"

        assert sorted(map(index_of, figures_)) == ["deal_ended", "deal_ended", "deal_ended", "deal_in_view"]
        cursor.execute("DROP INDEX deal_in_view, deal_board, deal_board_owner, deal_facets")  # all alike on few rows
        assert index_of(forecast) == "deal_forecast"
