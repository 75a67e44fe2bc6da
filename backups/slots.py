"""To which evening a moment belongs."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils import timezone

PARIS = ZoneInfo("Europe/Paris")
DUE = dt.time(20, 0)
FINISHED_BY = dt.timedelta(hours=6)  # an evening's slot may finish until 06:00, then it is missed
ALARM_AFTER = dt.timedelta(hours=2)


def slot_of(moment: dt.datetime | None = None) -> dt.date:
    """The slot date (Europe/Paris) of an aware moment, now by default: what runs before 06:00 is the eve's."""
    # Subtracted from wall-clock time: 06:00 stays 06:00 in the nights when the clocks change.
    local = (moment or timezone.now()).astimezone(PARIS).replace(tzinfo=None)
    return (local - FINISHED_BY).date()


def next_due(moment: dt.datetime | None = None) -> dt.datetime:
    """When the next evening's backup begins."""
    now = (moment or timezone.now()).astimezone(PARIS)
    due = dt.datetime.combine(now.date(), DUE, PARIS)
    return due if due > now else dt.datetime.combine(now.date() + dt.timedelta(days=1), DUE, PARIS)


def last_due(moment: dt.datetime | None = None) -> tuple[dt.date, dt.datetime]:
    """The last slot that should be verified by now (two hours after 20:00), and the moment it was due."""
    now = moment or timezone.now()
    day = now.astimezone(PARIS).date()
    while (due := dt.datetime.combine(day, DUE, PARIS)) + ALARM_AFTER > now:
        day -= dt.timedelta(days=1)
    return day, due
