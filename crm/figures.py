"""Sums of money for the dashboard: what is in view at each stage, what was won by month and by source, what is won of
what ends. Each reads an index and no row; each figure leads to the list that it sums.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.accounts.access import Level
from core.accounts.models import User
from core.dashboards import charts
from core.display import NONE, number
from core.months import firsts_around, month_among, start_of
from core.resource import Resource
from core.templatetags import french
from crm.filters import YEAR
from crm.models import Stage
from crm.models.deal import State
from crm.models.lead import LeadState
from crm.models.pipeline import StageKind
from crm.resources import DealResource as Deals
from crm.resources import LeadResource as Leads
from crm.sums import weighed, worth

MONTHS = 12
SOURCES = 6
EURO = "\u202f€"


def deals_seen(user: User) -> bool:
    return Deals.may(user, Level.READ)


@dataclass
class Amount:
    """A sum with its words, as core.dashboards.charts draws them."""

    label: str
    url: str
    amount: Decimal = Decimal(0)
    deals: int = 0
    short: str = ""
    tone: str = ""
    weighted: Decimal | None = None
    meter: str = field(default="", repr=False)
    count: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.count = round(self.amount)

    @property
    def text(self) -> str:
        return money(self.amount)

    @property
    def told(self) -> str:
        return ngettext("%s affaire", "%s affaires", self.deals) % number(self.deals)


def money(value: Decimal) -> str:
    """To the euro: a dashboard is read at a glance."""
    return f"{number(round(value))}{EURO}"


def _list(resource: type[Resource] = Deals, **params: Any) -> str:
    return f"{resource.list_url}?{urlencode(params)}"


def _metered(found: list[Amount]) -> list[Amount]:
    highest = max((one.count for one in found), default=0)
    for one in found:
        one.meter = charts.meter(one.count, highest, "s1")
    return found


def by_stage(user: User) -> dict[str, Any]:
    """What is in view at each open stage, in the order of the board; bare and weighted."""
    sums = weighed(Deals.rows(user).filter(closed_at=None), F("stage_id"))
    stages = list(
        Stage.objects.filter(kind=StageKind.OPEN).select_related("pipeline").order_by(
            "pipeline__position", "pipeline_id", "position"
        )
    )  # fmt: skip
    stages = [stage for stage in stages if stage.pk in sums or not stage.pipeline.archived]
    several = len({stage.pipeline_id for stage in stages}) > 1
    found = []
    for stage in stages:
        one = sums[stage.pk]
        label = f"{stage.pipeline} · {stage}" if several else stage.name
        url = _list(stage=stage.pk, state=State.OPEN)
        found.append(Amount(label, url, one.amount, one.deals, weighted=one.weighted))
    total = sum((one.amount for one in found), Decimal(0))
    weighted = sum((one.weighted or Decimal(0) for one in found), Decimal(0))
    return {
        "rows": _metered(found) if total else [],
        "total": money(total),
        "url": _list(state=State.OPEN),
        "note": _("%s pondérés") % money(weighted),
    }


def _months() -> list[dt.date]:
    """The first days of the last MONTHS months, the present one last."""
    return firsts_around(timezone.localdate(), MONTHS - 1, 0)


def _since() -> Q:
    return Q(closed_at__gte=start_of(_months()[0]))


def won_by_month(user: User) -> dict[str, Any]:
    rows = Deals.rows(user).filter(_since(), state=State.WON)
    sums = worth(rows, month_among("closed_at", [start_of(first) for first in _months()]))
    found = []
    for place, first in enumerate(_months(), 1):
        one = sums[place]
        url = _list(state=State.WON, closed=f"{first:%Y-%m}")
        label, short = date_format(first, "F Y"), french.MONTHS[first.month - 1]
        found.append(Amount(label, url, one.amount, one.deals, short))
    whole = sum((one.amount for one in found), Decimal(0))
    return {
        "points": found,
        "chart": charts.bars(found, name="won-amounts", title=_("Montant gagné par mois")) if whole else "",
        "now": found[-1],
        "average": money(sum((one.amount for one in found[:-1]), Decimal(0)) / (MONTHS - 1)),
    }


def by_source(user: User) -> dict[str, Any]:
    """Where what was won in twelve months came from, the largest sums first."""
    rows = Deals.rows(user).filter(_since(), state=State.WON).order_by()
    sums = rows.values("source").annotate(whole=Sum("amount"), deals=Count("*")).order_by("-whole", "source")
    found = [
        Amount(
            one["source"] or _("Sans origine"),
            _list(source=one["source"] or NONE, state=State.WON, closed=YEAR),
            one["whole"],
            one["deals"],
        )
        for one in sums[:SOURCES]
    ]
    return {"rows": _metered([one for one in found if one.amount])}


def conversion(user: User) -> dict[str, Any]:
    """Of what ended in twelve months, what was won; of what the site's forms brought, what was converted."""
    over = Deals.rows(user).filter(_since(), state__in=(State.WON, State.LOST))  # said for the index's sake
    ended = over.order_by().aggregate(won=Count("state", filter=Q(state=State.WON)), every=Count("*"))
    came = Leads.rows(user).filter(created_at__gte=start_of(_months()[0])).order_by().aggregate(
        won=Count("pk", filter=Q(state=LeadState.CONVERTED)), every=Count("pk")
    )  # fmt: skip
    lines = [
        (_("Affaires conclues, gagnées"), ended, _list(state=State.WON, closed=YEAR)),
        (_("Demandes entrantes, converties"), came, _list(Leads, state=LeadState.CONVERTED, created=YEAR)),
    ]
    return {
        "rows": [
            {
                "label": label,
                "url": url,
                "share": charts.percent(one["won"], one["every"]),
                "told": _("%(won)s sur %(every)s") % {"won": number(one["won"]), "every": number(one["every"])},
                "meter": charts.meter(one["won"], one["every"], "t-good"),
            }
            for label, one, url in lines
            if one["every"]
        ]
    }
