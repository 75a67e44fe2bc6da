"""Which windows of maintenance are coming or running, known to every process without a query a request."""

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from tenants import freshness
from tenants.models import Maintenance

TTL = settings.FLEET_TTL


@dataclass(frozen=True)
class Window:
    """`clients` None: all of them."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    announced_at: dt.datetime
    closes: bool
    purpose: str
    clients: frozenset[int] | None

    def concerns(self, client_id: int) -> bool:
        return self.clients is None or client_id in self.clients

    def runs(self, moment: dt.datetime) -> bool:
        return self.starts_at <= moment < self.ends_at

    def seconds_left(self, moment: dt.datetime) -> int:
        return max(60, int((self.ends_at - moment).total_seconds()))


_kept: dict[str, tuple[float, int, tuple[Window, ...]]] = {}  # under "all": (until when, the stamp, the windows)


def forget_windows() -> None:
    """Empty this process's list, and those of the others when the change is committed."""
    _kept.clear()
    freshness.announce()


def windows() -> tuple[Window, ...]:
    """The windows without an outcome that are not over, the first ones first. Two queries every TTL seconds."""
    stamp = freshness.stamp()
    until, under, found = _kept.get("all", (0.0, stamp, ()))
    if until <= time.monotonic() or under != stamp:
        rows = Maintenance.objects.filter(outcome="", ends_at__gt=timezone.now()).order_by("starts_at")
        found = tuple(_window(row) for row in rows.prefetch_related("clients"))
        _kept["all"] = (time.monotonic() + TTL, stamp, found)
    return found


def of_client(client_id: int) -> tuple[Window | None, Window | None]:
    """(the window that closes the instance now, the one that it announces)."""
    kept = windows()
    if not kept:
        return None, None
    now = timezone.now()
    mine = [window for window in kept if window.concerns(client_id) and window.ends_at > now]
    closing = next((window for window in mine if window.closes and window.runs(now)), None)
    shown = next((window for window in mine if window.announced_at <= now), None)
    return closing, shown


def _window(row: Any) -> Window:
    clients = frozenset(client.pk for client in row.clients.all())
    return Window(row.starts_at, row.ends_at, row.announced_at, row.closes, row.purpose, clients or None)
