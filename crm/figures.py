"""Sums of money for the dashboard: what is in view at each stage, what was won by month and by source, what is won of
what ends. Each is one statement that reads an index and no row; each figure leads to the list that it sums.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.accounts.access import Level
from core.accounts.models import User
from core.dashboards import charts
from core.display import number
from core.templatetags import french
from crm.models import Stage
from crm.models.deal import State
from crm.models.lead import LeadState
from crm.models.pipeline import StageKind
from crm.resources import DealResource as Deals
from crm.resources import LeadResource as Leads

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


def _list(**params: Any) -> str:
    return f"{Deals.list_url}?{urlencode(params)}"


def _metered(found: list[Amount]) -> list[Amount]:
    highest = max((one.count for one in found), default=0)
    for one in found:
        one.meter = charts.meter(one.count, highest, "s1")
    return found


def by_stage(user: User) -> dict[str, Any]:
    """What is in view at each open stage, in the order of the board; bare and weighted."""
    rows = Deals.rows(user).filter(closed_at=None).order_by()
    share = Coalesce("probability", "stage__probability")
    sums = {
        one["stage"]: one
        for one in rows.values("stage").annotate(
            whole=Sum("amount"), deals=Count("pk"), weighted=Sum(F("amount") * share / Decimal(100))
        )
    }
    stages = list(
        Stage.objects.filter(kind=StageKind.OPEN).select_related("pipeline").order_by(
            "pipeline__position", "pipeline_id", "position"
        )
    )  # fmt: skip
    stages = [stage for stage in stages if stage.pk in sums or not stage.pipeline.archived]
    several = len({stage.pipeline_id for stage in stages}) > 1
    found = []
    for stage in stages:
        one = sums.get(stage.pk, {})
        found.append(
            Amount(
                f"{stage.pipeline} · {stage}" if several else stage.name, _list(stage=stage.pk, state=State.OPEN),
                one.get("whole") or Decimal(0), one.get("deals", 0), weighted=one.get("weighted") or Decimal(0),
            )
        )  # fmt: skip
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
    today = timezone.localdate()
    firsts = [today.replace(day=1)]
    while len(firsts) < MONTHS:
        firsts.append((firsts[-1] - dt.timedelta(days=1)).replace(day=1))
    return firsts[::-1]


def _since() -> Q:
    return Q(closed_at__gte=timezone.make_aware(dt.datetime.combine(_months()[0], dt.time())))


def won_by_month(user: User) -> dict[str, Any]:
    rows = Deals.rows(user).filter(_since(), state=State.WON).order_by()
    sums = {
        one["month"].date(): one
        for one in rows.annotate(month=TruncMonth("closed_at")).values("month").annotate(
            whole=Sum("amount"), deals=Count("pk")
        )
    }  # fmt: skip
    found = []
    for first in _months():
        one = sums.get(first, {})
        url = _list(state=State.WON, closed=f"{first:%Y-%m}")
        label, short = date_format(first, "F Y"), french.MONTHS[first.month - 1]
        found.append(Amount(label, url, one.get("whole") or Decimal(0), one.get("deals", 0), short))
    whole = sum((one.amount for one in found), Decimal(0))
    return {
        "points": found,
        "chart": charts.bars(found, name="won-amounts", title=_("Montant gagné par mois")) if whole else "",
        "now": found[-1],
        "average": money(sum((one.amount for one in found[:-1]), Decimal(0)) / (MONTHS - 1)),
    }


def by_source(user: User) -> dict[str, Any]:
    """Where what was won in twelve months came from, the largest sums first."""
    rows = Deals.rows(user).filter(_since(), state=State.WON).exclude(source="").order_by()
    sums = rows.values("source").annotate(whole=Sum("amount"), deals=Count("pk")).order_by("-whole", "source")
    found = [
        Amount(one["source"], _list(source=one["source"], state=State.WON), one["whole"], one["deals"])
        for one in sums[:SOURCES]
    ]
    return {"rows": _metered([one for one in found if one.amount])}


def conversion(user: User) -> dict[str, Any]:
    """Of what ended in twelve months, what was won; of what the site's forms brought, what was converted."""
    ended = Deals.rows(user).filter(_since()).order_by().aggregate(
        won=Count("pk", filter=Q(state=State.WON)), every=Count("pk")
    )  # fmt: skip
    since = timezone.make_aware(dt.datetime.combine(_months()[0], dt.time()))
    came = Leads.rows(user).filter(created_at__gte=since).order_by().aggregate(
        won=Count("pk", filter=Q(state=LeadState.CONVERTED)), every=Count("pk")
    )  # fmt: skip
    lines = [
        (_("Affaires conclues, gagnées"), ended, _list(state=State.WON)),
        (_("Demandes entrantes, converties"), came, f"{Leads.list_url}?state={LeadState.CONVERTED}"),
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
