"""Noon and evening, in Paris."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import crontab
from django.conf import settings

from backups.models import Trigger
from backups.slots import last_due, next_due, open_slot, slot_of
from config.celery import app

PARIS, UTC = ZoneInfo("Europe/Paris"), dt.UTC


@pytest.mark.parametrize(
    ("before", "due"),
    [
        (dt.datetime(2026, 1, 15, 12, tzinfo=UTC), dt.datetime(2026, 1, 15, 19, tzinfo=UTC)),  # winter: UTC+1
        (dt.datetime(2026, 7, 15, 12, tzinfo=UTC), dt.datetime(2026, 7, 15, 18, tzinfo=UTC)),  # summer: UTC+2
        (dt.datetime(2026, 7, 15, 2, tzinfo=UTC), dt.datetime(2026, 7, 15, 10, tzinfo=UTC)),  # noon
        (dt.datetime(2026, 3, 29, 12, tzinfo=UTC), dt.datetime(2026, 3, 29, 18, tzinfo=UTC)),  # the day they change
        (dt.datetime(2026, 10, 25, 12, tzinfo=UTC), dt.datetime(2026, 10, 25, 19, tzinfo=UTC)),
    ],
)
def test_runs_are_due_at_noon_and_at_eight_in_the_evening_in_paris(before, due):
    entry = settings.CELERY_BEAT_SCHEDULE["backups"]
    assert entry["task"] == "backups.tasks.scheduled"
    moment = before
    schedule = crontab(
        hour=entry["schedule"]._orig_hour, minute=entry["schedule"]._orig_minute, nowfun=lambda: moment, app=app
    )
    assert str(schedule.tz) == "Europe/Paris"
    assert before + schedule.remaining_estimate(before) == due
    moment = due - dt.timedelta(minutes=1)
    assert not schedule.is_due(before).is_due
    moment = due + dt.timedelta(seconds=1)
    assert schedule.is_due(before).is_due


def test_the_tasks_are_registered():
    app.loader.import_default_modules()
    wanted = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert wanted | {"backups.tasks.runner"} <= set(app.tasks)


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        ((2026, 6, 19, 11, 59), None),
        ((2026, 6, 19, 12, 0), ("noon", 19)),
        ((2026, 6, 19, 19, 59), ("noon", 19)),
        ((2026, 6, 19, 20, 0), ("nightly", 19)),
        ((2026, 6, 20, 5, 59), ("nightly", 19)),  # an evening may finish until 06:00
        ((2026, 6, 20, 6, 0), None),  # then it is missed
    ],
)
def test_what_may_run(moment, slot):
    found = open_slot(dt.datetime(*moment, tzinfo=PARIS))
    assert (found and (found.trigger, found.day.day)) == slot


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        ((2026, 6, 19, 20, 0), (2026, 6, 19)),
        ((2026, 6, 20, 0, 30), (2026, 6, 19)),  # an evening may finish until 06:00
        ((2026, 6, 20, 5, 59), (2026, 6, 19)),
        ((2026, 6, 20, 6, 0), (2026, 6, 20)),
        ((2026, 3, 29, 5, 59), (2026, 3, 28)),  # the night when 02:00 is 03:00
        ((2026, 3, 29, 6, 0), (2026, 3, 29)),
        ((2026, 10, 25, 5, 59), (2026, 10, 24)),
    ],
)
def test_to_which_evening_a_moment_belongs(moment, slot):
    assert slot_of(dt.datetime(*moment, tzinfo=PARIS)) == dt.date(*slot)


def test_the_alarm_waits_two_hours():
    assert last_due(Trigger.NIGHTLY, dt.datetime(2026, 6, 19, 21, 59, tzinfo=PARIS)).day == dt.date(2026, 6, 18)
    assert last_due(Trigger.NIGHTLY, dt.datetime(2026, 6, 19, 22, 0, tzinfo=PARIS)).day == dt.date(2026, 6, 19)
    assert last_due(Trigger.NOON, dt.datetime(2026, 6, 19, 13, 59, tzinfo=PARIS)).day == dt.date(2026, 6, 18)
    assert last_due(Trigger.NOON, dt.datetime(2026, 6, 19, 14, 0, tzinfo=PARIS)).day == dt.date(2026, 6, 19)


def test_the_next_one():
    assert next_due(dt.datetime(2026, 6, 19, 19, 59, tzinfo=PARIS)) == dt.datetime(2026, 6, 19, 20, tzinfo=PARIS)
    assert next_due(dt.datetime(2026, 3, 28, 20, 0, tzinfo=PARIS)) == dt.datetime(2026, 3, 29, 10, tzinfo=UTC)
    assert next_due(dt.datetime(2026, 3, 29, 12, 0, tzinfo=PARIS)) == dt.datetime(2026, 3, 29, 18, tzinfo=UTC)
