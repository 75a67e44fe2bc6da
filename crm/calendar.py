"""Activities by day: the months, weeks and days of a calendar, and a person's own day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.filters import MonthFacet
from core.templatetags.french import clock
from crm.displays import DisplayListing
from crm.models.activity import ActivityKind, ActivityState
from crm.resources import ActivityResource

SPANS = {"month": _("Mois"), "week": _("Semaine"), "day": _("Jour")}
MOST = 1_000  # activities of a page
FIRST_HOUR, LAST_HOUR = 6, 22  # of the grid; what is earlier or later stands at its edge
QUARTERS = (LAST_HOUR - FIRST_HOUR) * 4
LANES = 6  # side by side; more lie on each other
SHOWN = 4  # of a day in a month
_NOT_HERE = ("due", "late")
ICONS = {"task": "square-check", "call": "phone", "meeting": "users", "visit": "map-pin", "email": "mail"}
_LABELS: dict[str, Any] = dict(ActivityKind.choices)


class CalendarListing(DisplayListing):
    """On a calendar. Unless somebody is asked for, it is that of who looks."""

    def __init__(self, user: User, params: QueryDict) -> None:
        self.everybody = "all" in params
        self.mine = not params.getlist("owner") and not self.everybody
        only = {"owner": user} if self.mine else {}
        super().__init__(ActivityResource, "calendar", user, params, _NOT_HERE, only=only)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        return [(name, value) for name in ("span", "on", "all") if (value := self.params.get(name, ""))]


@dataclass(slots=True)
class Entry:
    """An activity as a calendar shows it. `quarter`, `height`: quarters of an hour in the grid; `lane` of `lanes`."""

    pk: int
    subject: str
    kind: str
    at: dt.datetime  # local
    minutes: int
    done: bool
    late: bool
    customer: str
    owner: str
    location: str = ""
    quarter: int = 0
    height: int = 1
    lane: int = 0
    lanes: int = 1

    @property
    def icon(self) -> str:
        return ICONS[self.kind]

    @property
    def kind_label(self) -> str:
        return str(_LABELS[self.kind])

    @property
    def hour(self) -> str:
        return clock(self.at)

    @property
    def until(self) -> str:
        end = self.at + dt.timedelta(minutes=self.minutes)
        return clock(end) if self.minutes else ""


@dataclass
class Day:
    date: dt.date
    today: bool
    outside: bool = False  # of the month that is shown
    entries: list[Entry] = field(default_factory=list)

    @property
    def name(self) -> str:
        """« jeudi 27 novembre »."""
        return date_format(self.date, "l j F")

    @property
    def timed(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.minutes]

    @property
    def untimed(self) -> list[Entry]:
        return [entry for entry in self.entries if not entry.minutes]

    @property
    def first(self) -> list[Entry]:
        return self.entries if len(self.entries) <= SHOWN else self.entries[: SHOWN - 1]

    @property
    def rest(self) -> int:
        return len(self.entries) - len(self.first)


@dataclass(frozen=True)
class Span:
    """What is shown: a month, a week or a day, around a date."""

    name: str
    on: dt.date

    @classmethod
    def of(cls, params: QueryDict) -> Span:
        """From an address: today's month for whatever it does not say well."""
        name = params.get("span", "")
        try:
            on = dt.date.fromisoformat(params.get("on", ""))
        except ValueError:
            on = timezone.localdate()
        if not 1990 <= on.year <= 2100:
            on = timezone.localdate()
        return cls(name if name in SPANS else "week", on)

    @property
    def start(self) -> dt.date:
        if self.name == "day":
            return self.on
        first = self.on.replace(day=1) if self.name == "month" else self.on
        return first - dt.timedelta(days=first.weekday())

    @property
    def days(self) -> int:
        if self.name != "month":
            return 7 if self.name == "week" else 1
        last = self._month(1) - dt.timedelta(days=1)
        return ((last - self.start).days // 7 + 1) * 7

    def _month(self, step: int) -> dt.date:
        place = self.on.year * 12 + self.on.month - 1 + step
        return dt.date(place // 12, place % 12 + 1, 1)

    def moved(self, step: int) -> dt.date:
        if self.name == "month":
            return self._month(step)
        return self.on + dt.timedelta(days=step * (7 if self.name == "week" else 1))

    @property
    def label(self) -> str:
        if self.name == "month":
            return MonthFacet.label_of(self.on.year, self.on.month)
        if self.name == "day":
            return date_format(self.on, "l j F Y")
        end = self.start + dt.timedelta(days=6)
        first = date_format(self.start, "j" if self.start.month == end.month else "j M")
        return f"{first} – {date_format(end, 'j F Y')}"


def midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def days_of(span: Span, rows: QuerySet) -> list[Day]:
    """Each day of a span with its entries. One query."""
    today, start = timezone.localdate(), span.start
    end = start + dt.timedelta(days=span.days)
    days = {
        (date := start + dt.timedelta(days=step)): Day(
            date, date == today, span.name == "month" and date.month != span.on.month
        )
        for step in range(span.days)
    }
    found = rows.filter(due_at__gte=midnight(start), due_at__lt=midnight(end))
    for entry in entries_of(found.order_by("due_at", "pk")[:MOST]):
        days[entry.at.date()].entries.append(entry)
    for day in days.values():
        place(day.timed)
    return list(days.values())


_FIELDS = (
    "pk", "subject", "kind", "due_at", "minutes", "state", "location", "company__name", "deal__name",
    "contact__first_name", "contact__last_name", "owner__first_name", "owner__last_name", "owner__email",
)  # fmt: skip


def entries_of(rows: QuerySet) -> list[Entry]:
    now, found = timezone.now(), []
    for row in rows.values_list(*_FIELDS):
        pk, subject, kind, due, minutes, state, where, company, deal, first, last, own_first, own_last, email = row
        done = state == ActivityState.DONE
        customer = company or f"{first or ''} {last or ''}".strip() or deal or ""
        owner = f"{own_first} {own_last}".strip() or email if email else ""
        late = not done and due < now
        at = timezone.localtime(due)
        found.append(Entry(pk, subject, kind, at, minutes, done, late, customer, owner, where))
    return found


def place(entries: Sequence[Entry]) -> None:
    """Give entries of one day their place in the grid: side by side where they are at the same time."""
    together: list[Entry] = []
    until = -1
    for entry in sorted(entries, key=lambda one: (one.at, -one.minutes)):
        start = (entry.at.hour - FIRST_HOUR) * 4 + entry.at.minute // 15
        entry.quarter = min(max(start, 0), QUARTERS - 1)
        entry.height = max(min(-(-entry.minutes // 15), QUARTERS - entry.quarter), 2)
        if entry.quarter >= until:
            _share(together)
            together = []
        together.append(entry)
        until = max(until, entry.quarter + entry.height)
    _share(together)


def _share(entries: Sequence[Entry]) -> None:
    """The first lane that is free for each; as many lanes for all of them."""
    ends: list[int] = []
    for entry in entries:
        lane = next((lane for lane, end in enumerate(ends) if end <= entry.quarter), len(ends))
        if lane == len(ends):
            ends.append(0)
        ends[lane] = entry.quarter + entry.height
        entry.lane = min(lane, LANES - 1)
    for entry in entries:
        entry.lanes = min(len(ends), LANES)


def day_of(user: User, rows: QuerySet) -> list[dict[str, Any]]:
    """A person's own day: what is late, today, the days after; what they did today. Two queries."""
    today = timezone.localdate()
    start, end = midnight(today), midnight(today + dt.timedelta(days=1))
    mine = rows.filter(owner=user)
    planned = entries_of(
        mine.planned().filter(due_at__lt=end + dt.timedelta(days=7)).order_by("due_at", "pk")[:MOST]  # type: ignore[attr-defined]
    )
    done = entries_of(mine.filter(done_at__gte=start, done_at__lt=end).order_by("-done_at", "-pk")[:100])
    return [
        {"name": "late", "label": _("En retard"), "entries": [one for one in planned if one.at < start]},
        {"name": "today", "label": _("Aujourd’hui"), "entries": [one for one in planned if start <= one.at < end]},
        {"name": "soon", "label": _("Les sept jours suivants"), "entries": [one for one in planned if one.at >= end]},
        {"name": "done", "label": _("Faites aujourd’hui"), "entries": done},
    ]
