"""Deals as a board: a column for each stage of a pipeline, its first cards, how many there are and what they are worth.

Every column is read by its own index, and no further than it must: 100,000 deals cost what 100 do. So counts and sums
are exact up to SUMMED deals, "at least" beyond; a column of deals that are over shows those of the last DAYS days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Min, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from core.accounts.models import User
from core.actions.tags import tags_of
from core.display import number
from core.statements import Slotted
from core.templatetags.french import NBSP, eur
from crm.displays import DisplayListing
from crm.models import Deal, Pipeline, Stage
from crm.models.pipeline import StageKind
from crm.resources import ActivityResource, DealResource

CARDS = 20  # of a column, and of what « Voir plus » adds
SUMMED = 1_000  # deals of a column whose amounts are added up
DAYS = 30
_STAGE = -(10**12)  # stands for the stage in a statement that is compiled once for all columns
# Filters that the page itself stands for.
_NOT_HERE = {
    "board": ("state", "stage", "closed"),
    "forecast": ("state", "stage", "closed", "expected", "rotting"),
}


class BoardListing(DisplayListing):
    """On a board: the same parameters mean the same deals."""

    def __init__(self, user: User, params: QueryDict, pipeline: Pipeline | None, *, page: str = "board") -> None:
        super().__init__(DealResource, page, user, params, _NOT_HERE[page])
        self.pipeline = pipeline

    @property
    def facets_url(self) -> str:
        return f"{self.url}facets/"

    @property
    def hidden(self) -> list[tuple[str, str]]:
        return [("pipeline", str(self.pipeline.pk))] if self.pipeline and self.params.get("pipeline") else []


class ShownListing(BoardListing):
    """The deals that such a page shows, for what counts them: those of its stages that are open, or over as it says."""

    def __init__(self, user: User, params: QueryDict, stages: Sequence[Stage], over: Q, *, page: str = "board") -> None:
        super().__init__(user, params, None, page=page)
        self._stages, self._over = [stage.pk for stage in stages], over

    def narrowed(self, bound: Any, *, searched: bool = True) -> QuerySet:
        rows = super().narrowed(bound, searched=searched).filter(stage__among=self._stages)
        return rows.filter(Q(closed_at=None) | self._over)


@dataclass(slots=True)
class Card:
    pk: int
    name: str
    customer: str
    amount: Decimal
    expected_on: dt.date
    closed_at: dt.datetime | None
    owner: str
    days: int  # at this stage
    rotting: bool
    tags: Sequence[Any] = ()
    next_at: dt.datetime | None = None  # its next activity


@dataclass
class Column:
    stage: Stage
    cards: list[Card] = field(default_factory=list)
    more: str = ""  # where the next cards begin: "" when all are shown
    count: int = 0
    total: Decimal = Decimal(0)

    @property
    def partial(self) -> bool:
        return self.count > SUMMED

    @property
    def count_label(self) -> str:
        return f"{number(SUMMED)}+" if self.partial else number(self.count)

    @property
    def total_label(self) -> str:
        return f"{short_sum(self.total)}+" if self.partial else short_sum(self.total)


def short_sum(amount: Decimal) -> str:
    """« 7 900 € », « 737 k€ », « 1,2 M€ »."""
    for size, unit, digits in ((1_000_000, "M€", 1), (10_000, "k€", 0)):
        if amount >= size:
            shown = round(amount / (1_000_000 if unit == "M€" else 1000), digits)
            return f"{number(shown if digits and shown % 1 else int(shown))}{NBSP}{unit}"
    return f"{number(int(amount))}{NBSP}€"


def open_sum(columns: Iterable[Column]) -> tuple[str, str]:
    """How many deals the open columns hold together, and what they are worth."""
    open_ = [column for column in columns if column.stage.kind == StageKind.OPEN]
    more = "+" if any(column.partial for column in open_) else ""
    total = sum((column.total for column in open_), Decimal(0))
    return number(sum(column.count for column in open_)) + more, eur(total) + more


def columns_of(listing: BoardListing, stages: Sequence[Stage]) -> list[Column]:
    """Every column with its first cards. Five queries."""
    columns = {stage.pk: Column(stage) for stage in stages}
    keys = _first_keys(listing.filtered, stages)
    for card_stage, card in _cards(keys, stages):
        column = columns[card_stage]
        if len(column.cards) < CARDS:
            column.cards.append(card)
        else:
            column.more = str(column.cards[-1].pk)
    _tag(listing.user, (card for column in columns.values() for card in column.cards))
    add_totals(listing.filtered, list(columns.values()))
    return list(columns.values())


def next_cards(listing: BoardListing, stage: Stage, after: int) -> Column:
    """The cards that come after a deal in its column. The first ones when it has left the column."""
    column = Column(stage)
    rows = _of(listing.filtered, stage, stage.pk)
    last = Deal.objects.filter(pk=after, stage=stage).values("rank", "closed_at").first()
    if last and stage.kind == StageKind.OPEN:
        rows = rows.filter(rank__gte=last["rank"]).exclude(rank=last["rank"], pk__lte=after)
    elif last:
        rows = rows.filter(closed_at__lte=last["closed_at"]).exclude(closed_at=last["closed_at"], pk__gte=after)
    keys = list(rows.values_list("pk", flat=True)[: CARDS + 1])
    column.cards = [card for _stage, card in _cards(keys, [stage])]
    if len(column.cards) > CARDS:
        column.cards = column.cards[:CARDS]
        column.more = str(column.cards[-1].pk)
    _tag(listing.user, column.cards)
    return column


# --- the statements -----------------------------------------------------------------------------------------------
def _of(rows: QuerySet, stage: Stage, key: int) -> QuerySet:
    """The deals of a column, in its order. `key`: the stage's, or what stands for it."""
    rows = rows.filter(stage_id=key)
    if stage.kind == StageKind.OPEN:
        return rows.order_by("rank", "pk")
    return rows.filter(lately()).order_by("-closed_at", "-pk")


def lately() -> Q:
    """Of the deals that are over, those that a board still shows."""
    return Q(closed_at__gte=timezone.now() - dt.timedelta(days=DAYS))


class _Statement:
    """A query of one column, compiled once for all that are alike (open, or over)."""

    def __init__(self, rows: QuerySet, shape: Any) -> None:
        self.rows, self.shape = rows, shape
        self._compiled: dict[bool, tuple[str, tuple[Any, ...]]] = {}

    def of(self, stage: Stage) -> tuple[str, list[Any]]:
        """Raises EmptyResultSet."""
        open_ = stage.kind == StageKind.OPEN
        if open_ not in self._compiled:
            self._compiled[open_] = self.shape(_of(self.rows, stage, _STAGE)).query.sql_with_params()
        sql, params = self._compiled[open_]
        return sql, [stage.pk if value == _STAGE else value for value in params]


def _ask(statement: _Statement, stages: Iterable[Stage], form: str) -> list[tuple[Any, ...]]:
    """The rows of `form % sql` for each stage, in one query."""
    parts, parameters = [], []
    try:
        for stage in stages:
            sql, params = statement.of(stage)
            parts.append(form.format(place=stage.pk, sql=sql))
            parameters += params
    except EmptyResultSet:
        return []
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        return cursor.fetchall()


def _first_keys(rows: QuerySet, stages: Sequence[Stage]) -> list[int]:
    """Of each column its first cards and one more, in order."""
    statement = _Statement(rows, lambda found: found.values("pk")[: CARDS + 1])
    return [pk for (pk,) in _ask(statement, stages, "SELECT * FROM ({sql}) AS s{place}")]


def add_totals(rows: QuerySet, columns: Sequence[Column]) -> None:
    """How many deals each column has, and their sum. One query."""
    statement = _Statement(rows, lambda found: found.order_by().values("amount")[: SUMMED + 1])
    form = "SELECT {place}, count(*), sum(amount) FROM ({sql}) AS s{place}"
    by_stage = {column.stage.pk: column for column in columns}
    for key, count, total in _ask(statement, [column.stage for column in columns], form):
        by_stage[key].count, by_stage[key].total = count, total or Decimal(0)


_FIELDS = (
    "pk", "stage_id", "name", "amount", "expected_on", "closed_at", "stage_since", "company__name",
    "contact__first_name", "contact__last_name", "owner__first_name", "owner__last_name", "owner__email",
)  # fmt: skip


@cache
def _of_keys() -> Slotted:
    rows = Deal.objects.filter(pk__among=[0]).order_by().values_list(*_FIELDS)
    return Slotted(*rows.query.sql_with_params(), {(0,): "keys"})


def _cards(keys: Sequence[int], stages: Sequence[Stage]) -> list[tuple[int, Card]]:
    """(stage, card) in the order of the keys. One query, without the ORM's objects: a board has some 140 cards."""
    rotting, now = {stage.pk: stage.rotting_days for stage in stages}, timezone.now()
    found: dict[int, tuple[int, Card]] = {}
    for row in _of_keys().rows(keys=list(keys)) if keys else ():
        pk, stage, name, amount, expected, closed, since, company, first, last, own_first, own_last, email = row
        days, limit = (now - since).days, rotting.get(stage)
        customer = company or f"{first or ''} {last or ''}".strip()
        owner = f"{own_first} {own_last}".strip() or email if email else ""
        late = closed is None and limit is not None and days >= limit
        found[pk] = (stage, Card(pk, name, customer, amount, expected, closed, owner, days, late))
    return [found[key] for key in keys if key in found]


def _tag(user: User, cards: Iterable[Card]) -> None:
    """What is told of all the cards at once: their tags, the next activity that this person sees. Two queries."""
    cards = list(cards)
    if not cards:
        return
    keys = [card.pk for card in cards]
    borne = tags_of(DealResource.key(), keys)
    planned = ActivityResource.rows(user).filter(deal__among=keys, done_at=None).order_by()
    soonest = dict(planned.values_list("deal").annotate(Min("due_at")))
    for card in cards:
        card.tags, card.next_at = borne.get(card.pk, ()), soonest.get(card.pk)
