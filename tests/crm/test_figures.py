"""The sums of the dashboard: right for whoever looks, and each leads to the deals that it sums."""

import datetime as dt

import pytest
from django.utils import timezone

from crm import figures
from crm.models import Deal, Lead, Stage
from tests.contract.conftest import queries_of


@pytest.fixture
def stages(atelier) -> dict[str, Stage]:
    return {stage.name: stage for stage in Stage.objects.all()}


@pytest.fixture
def deals(stages, person):
    """Deals of one's own and of others, open, won this month, won long ago, lost."""
    mine = person(crm="write", scope="own")
    now = timezone.now()
    for owner in (mine.user, None):
        for stage, amount, days, source in (
            ("Négociation", 1000, None, ""), ("Négociation", 500, None, ""), ("Gagnée", 2000, 0, "Salon"),
            ("Gagnée", 300, 0, "Site"), ("Gagnée", 9000, 800, "Salon"), ("Perdue", 700, 0, "Salon"),
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
    assert (won.amount, won.deals) == (2300 * times, 2 * times)  # and nothing of two years ago
    sources = figures.by_source(me.user)["rows"]
    assert [(one.label, one.amount) for one in sources] == [("Salon", 2000 * times), ("Site", 300 * times)]
    assert [one["told"] for one in figures.conversion(me.user)["rows"]] == [f"{2 * times} sur {3 * times}"]
    for one in (stage, won):
        assert listed(me, one.url) == one.deals
    assert listed(me, sources[1].url) == times


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
