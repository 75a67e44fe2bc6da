"""Proven once is not proven for ever: each client's backups are restored again within a week, by turns."""

import datetime as dt

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from backups import drill, status, tasks
from backups.actions import back_up
from backups.models import Backup, State, Trigger
from tenants.models import Client


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch):
    """The session's two clients have no backup: they take turns all the same, with nothing to restore."""
    monkeypatch.setattr(drill, "_NIGHTS", 1)


def test_the_ones_proven_longest_ago_come_first_and_by_turns(make_backed_up):
    first, second = make_backed_up(), make_backed_up()
    old, new = (back_up(first, trigger=Trigger.MANUAL) for _ in range(2))
    other = back_up(second, trigger=Trigger.MANUAL)
    assert set(drill.sample()) == {old, other}
    assert drill.drill() == {old: "", other: ""}
    assert set(drill.sample()) == {new, other}
    Backup.objects.filter(pk=old.pk).update(drilled_at=timezone.now() - dt.timedelta(days=3))
    mine = [row for row in drill.sample(Client.objects.count()) if row.client_id in (first.pk, second.pk)]
    assert mine[0].client_id == first.pk  # who waited longest


def test_a_backup_that_rotted_since_is_found_and_told(make_backed_up, vault):
    client = make_backed_up()
    backup = back_up(client, trigger=Trigger.MANUAL)
    part = next(vault.rglob("data.sql.zst.age"))
    part.write_bytes(part.read_bytes()[:-1])
    tasks.nightly_drill.delay()
    backup.refresh_from_db()
    assert (backup.state, backup.drilled_at) == (State.FAILED, None)
    assert "abîmée" in backup.error


def test_a_client_left_out_for_more_than_a_week_is_an_alarm(make_backed_up):
    client = make_backed_up()
    back_up(client, trigger=Trigger.MANUAL)
    assert client.code not in drill.overdue()
    later = timezone.now() + dt.timedelta(days=9)
    assert client.code in drill.overdue(later)
    assert any("Sans restauration d’essai" in alarm for alarm in status.report(later).alarms)
    Backup.objects.update(drilled_at=later - dt.timedelta(days=2))
    assert client.code not in drill.overdue(later)


def test_beat_drills_each_night_outside_the_hour_that_summer_time_skips():
    entry = django_settings.CELERY_BEAT_SCHEDULE["drill-backups"]
    assert entry["task"] == "backups.tasks.nightly_drill"
    assert min(entry["schedule"].hour) >= 3
