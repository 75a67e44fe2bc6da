"""The two slots of a day: noon and evening, in Paris."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from backups.models import Trigger
from core.business_time import PARIS

NOON, EVENING = dt.time(12, 0), dt.time(20, 0)
FINISHED_BY = dt.timedelta(hours=6)  # an evening's slot may finish until 06:00, then it is missed
ALARM_AFTER = dt.timedelta(hours=2)


@dataclass(frozen=True)
class Slot:
    """A run of every client. `day` is the Paris date it counts for; `due` the moment (aware) it may begin."""

    day: dt.date
    trigger: Trigger
    due: dt.datetime

    @classmethod
    def noon(cls, day: dt.date) -> "Slot":
        return cls(day, Trigger.NOON, dt.datetime.combine(day, NOON, PARIS))

    @classmethod
    def evening(cls, day: dt.date) -> "Slot":
        return cls(day, Trigger.NIGHTLY, dt.datetime.combine(day, EVENING, PARIS))


def slot_of(moment: dt.datetime | None = None) -> dt.date:
    """The slot date (Europe/Paris) of an aware moment, now by default: what runs before 06:00 is the eve's."""
    # Subtracted from wall-clock time: 06:00 stays 06:00 in the nights when the clocks change.
    local = (moment or timezone.now()).astimezone(PARIS).replace(tzinfo=None)
    return (local - FINISHED_BY).date()


def open_slot(moment: dt.datetime | None = None) -> Slot | None:
    """What may run: noon's from 12:00 to 20:00, the evening's from 20:00 to 06:00, nothing in the morning."""
    now = moment or timezone.now()
    day = slot_of(now)
    return next((slot for slot in (Slot.evening(day), Slot.noon(day)) if slot.due <= now), None)


def next_due(moment: dt.datetime | None = None) -> dt.datetime:
    """When the next run begins."""
    now = moment or timezone.now()
    day = now.astimezone(PARIS).date()
    return next(slot.due for slot in (Slot.noon(day), Slot.evening(day), Slot.noon(_after(day))) if slot.due > now)


def last_due(trigger: Trigger = Trigger.NIGHTLY, moment: dt.datetime | None = None) -> Slot:
    """The last slot of a kind that should be verified by now: two hours after it was due."""
    now = moment or timezone.now()
    make = Slot.noon if trigger == Trigger.NOON else Slot.evening
    day = now.astimezone(PARIS).date()
    while (slot := make(day)).due + ALARM_AFTER > now:
        day -= dt.timedelta(days=1)
    return slot


def _after(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=1)
