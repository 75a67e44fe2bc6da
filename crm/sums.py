"""What deals are worth, by month or by stage, so that PostgreSQL reads an index, no row, and computes nothing for each:
months are places among their first days, and what a deal weighs is computed once for all that weigh alike.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from crm.models import Stage


@dataclass
class Worth:
    """Of some deals; in euros."""

    deals: int = 0
    amount: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)  # each by its probability

    def add(self, deals: int, amount: Decimal | None, percent: int = 0) -> None:
        self.deals += deals
        whole = amount or Decimal(0)
        self.amount += whole
        self.weighted += whole * percent / 100


def worth(rows: QuerySet, by: Any) -> dict[Any, Worth]:
    """{value of `by`, an expression: worth of the deals that have it}, not weighed. One statement."""
    found: dict[Any, Worth] = defaultdict(Worth)
    for key, deals, amount in _grouped(rows, by):
        found[key].add(deals, amount)
    return found


def weighed(rows: QuerySet, by: Any) -> dict[Any, Worth]:
    """The same, and what they weigh: by their own probability, or that of their stage. Two statements."""
    found: dict[Any, Worth] = defaultdict(Worth)
    usual = dict(Stage.objects.values_list("pk", "probability"))
    for key, stage, own, deals, amount in _grouped(rows, by, "stage_id", "probability"):
        found[key].add(deals, amount, usual[stage] if own is None else own)
    return found


def _grouped(rows: QuerySet, by: Any, *more: str) -> QuerySet:
    """count(*) and not of the key: no index that sums has it."""
    keyed = rows.order_by().annotate(_by=by).values_list("_by", *more)
    return keyed.annotate(_deals=Count("*"), _amount=Sum("amount"))
