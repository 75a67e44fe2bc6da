"""What sales will bring, month by month: open deals by when they are expected, won ones by when they were."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.months import firsts_around, month_among, start_of
from crm.board import short_sum
from crm.filters import LATER, PAST, MonthAhead
from crm.models.deal import State
from crm.sums import weighed, worth

BEFORE, AFTER = 3, MonthAhead.AFTER  # months around the present one


@dataclass
class Month:
    """`start`: its first day; None for all that was expected before the present month and is still open, or will be
    after the last one. `value`: as filters write it."""

    start: dt.date | None
    label: str
    value: str
    count: int = 0
    amount: Decimal = Decimal(0)  # of open deals
    weighted: Decimal = Decimal(0)  # the same, each by its probability
    won: Decimal = Decimal(0)
    won_count: int = 0
    present: bool = False

    @property
    def height(self) -> Decimal:
        return self.won + self.weighted

    @property
    def text(self) -> str:
        return short_sum(self.height)


def won_since() -> Q:
    """Of the deals that are over, those that the months show."""
    return Q(state=State.WON, closed_at__gte=start_of(firsts_around(timezone.localdate(), BEFORE, 0)[0]))


def months_of(rows: QuerySet) -> list[Month]:
    """What is late first, then each month, then what comes after the last one. Three queries."""
    today = timezone.localdate()
    starts = firsts_around(today, BEFORE, AFTER + 1)
    beyond = starts.pop()
    months = [Month(start, MonthAhead.label_of(start.year, start.month), f"{start:%Y-%m}") for start in starts]
    months[BEFORE].present = True
    late, later = Month(None, _("Échéance passée"), PAST), Month(None, _("Plus tard"), LATER)
    to_come = [late, *months[BEFORE:], later]  # by the places that the database gives
    is_open = rows.filter(closed_at=None)  # the database refuses another state
    for place, found in weighed(is_open, month_among("expected_on", [*starts[BEFORE:], beyond])).items():
        month = to_come[place]
        month.count, month.amount, month.weighted = found.deals, found.amount, found.weighted
    marks = [start_of(start) for start in starts]
    for place, found in worth(rows.filter(won_since()), month_among("closed_at", marks)).items():
        months[place - 1].won, months[place - 1].won_count = found.amount, found.deals
    return [late, *months, later]
