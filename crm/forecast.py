"""What sales will bring, month by month: open deals by when they are expected, won ones by when they were."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.utils import timezone

from core.filters import MonthFacet
from crm.board import short_sum
from crm.models.deal import State

BEFORE, AFTER = 3, 9  # months around the present one


@dataclass
class Month:
    """`start`: its first day; None for what was expected before the present month and is still open."""

    start: dt.date | None
    label: str
    count: int = 0
    amount: Decimal = Decimal(0)  # of open deals
    weighted: Decimal = Decimal(0)  # the same, each by its probability
    won: Decimal = Decimal(0)
    won_count: int = 0
    present: bool = False

    @property
    def value(self) -> str:
        """As filters write it."""
        return f"{self.start:%Y-%m}" if self.start else ""

    @property
    def height(self) -> Decimal:
        return self.won + self.weighted

    @property
    def text(self) -> str:
        return short_sum(self.height)


_MONEY: Any = DecimalField(max_digits=20, decimal_places=2)


def months_of(rows: QuerySet) -> list[Month]:
    """What is late first, then each month, then what comes after the last one. Two queries."""
    today = timezone.localdate()
    place = today.year * 12 + today.month - 1
    starts = [dt.date(at // 12, at % 12 + 1, 1) for at in range(place - BEFORE, place + AFTER + 1)]
    months = {start: Month(start, MonthFacet.label_of(start.year, start.month)) for start in starts}
    present = dt.date(today.year, today.month, 1)
    months[present].present = True
    late, later = Month(None, ""), Month(None, "")
    for row in _open(rows):
        start = row["month"]
        month = late if start < present else months.get(start, later)
        month.count += row["count"]
        month.amount += row["worth"]
        month.weighted += row["weighted"]
    for row in _won(rows, starts[0]):
        month = months[row["month"].date()]
        month.won, month.won_count = row["worth"], row["count"]
    return [late, *months.values(), later]


def _open(rows: QuerySet) -> QuerySet:
    share = Coalesce(F("probability"), F("stage__probability"))
    return (
        rows.filter(state=State.OPEN, closed_at=None)
        .order_by()
        .values(month=TruncMonth("expected_on"))
        .annotate(
            count=Count("pk"),
            worth=Sum("amount", output_field=_MONEY),
            weighted=Sum(ExpressionWrapper(F("amount") * share / 100, output_field=_MONEY)),
        )
    )


def _won(rows: QuerySet, since: dt.date) -> QuerySet:
    start = timezone.make_aware(dt.datetime.combine(since, dt.time()))
    return (
        rows.filter(state=State.WON, closed_at__gte=start)
        .order_by()
        .values(month=TruncMonth("closed_at"))
        .annotate(count=Count("pk"), worth=Sum("amount", output_field=_MONEY))
    )
