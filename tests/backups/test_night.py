"""A run over every client: each once, whatever happens to one of them, to beat or to a worker; and the alarm."""

import datetime as dt
import threading

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from backups import alarm, postgres, status, tasks
from backups.actions import back_up
from backups.models import AlarmSent, Backup, State, Trigger
from backups.slots import Slot
from tenants.models import State as ClientState
from tenants.states import set_state

DAY = dt.date(2026, 6, 19)


@pytest.fixture(autouse=True)
def _alarms(committed):
    yield
    AlarmSent.objects.all().delete()


@pytest.fixture
def evening(monkeypatch):
    """It is 20:00 on DAY."""
    monkeypatch.setattr(tasks, "open_slot", lambda: Slot.evening(DAY))


def rows():
    return list(Backup.objects.order_by("seq").values_list("client_code", "state", "slot", "trigger", "kind"))


def test_every_served_client_once_whatever_happens_to_one(make_backed_up, evening):
    good, bad, shut = make_backed_up(), make_backed_up(), make_backed_up()
    set_state(shut, ClientState.SUSPENDED)
    with postgres.connect() as own:
        own.execute(f"DROP SCHEMA {bad.schema_name} CASCADE")
    tasks.scheduled.delay()
    tasks.reconcile.delay()  # finds the night done, and the failure too fresh to try again
    assert [row for row in rows() if row[0] == good.code] == [(good.code, "verified", DAY, "nightly", "full")]
    assert not [row for row in rows() if row[0] == shut.code]
    assert [row[1] for row in rows() if row[0] == bad.code] == ["failed"]
    Backup.objects.filter(client_code=bad.code).update(ended_at=timezone.now() - tasks.AGAIN_AFTER)
    tasks.reconcile.delay()
    assert [row[1] for row in rows() if row[0] == bad.code] == ["failed", "failed"]


def test_a_beat_that_was_down_is_made_good(make_backed_up, evening):
    client = make_backed_up()
    tasks.reconcile.delay()
    assert [row for row in rows() if row[0] == client.code] == [(client.code, "verified", DAY, "nightly", "full")]


def test_noon_completes_the_evening(make_backed_up, monkeypatch):
    client = make_backed_up()
    back_up(client, trigger=Trigger.NIGHTLY, slot=DAY)
    monkeypatch.setattr(tasks, "open_slot", lambda: Slot.noon(DAY + dt.timedelta(days=1)))
    tasks.scheduled.delay()
    assert rows()[-1][3:] == ("noon", "increment")


def test_nothing_runs_in_the_morning(make_backed_up, monkeypatch):
    make_backed_up()
    monkeypatch.setattr(tasks, "open_slot", lambda: None)
    tasks.scheduled.delay()
    tasks.reconcile.delay()
    assert rows() == []


def test_there_are_never_more_runners_than_allowed(make_backed_up, evening, monkeypatch, settings):
    """Two are at work; a third start finds their places taken."""
    settings.BACKUP_PARALLEL = 1
    make_backed_up()
    inside, go, done = threading.Event(), threading.Event(), []

    def slow(client, **kwargs):
        done.append(client)
        inside.set()
        assert go.wait(20)

    monkeypatch.setattr(tasks, "back_up", slow)
    monkeypatch.setattr(tasks.retention, "prune", lambda *args: None)

    def work():
        tasks.scheduled.delay()
        connection.close()

    first = threading.Thread(target=work)
    first.start()
    assert inside.wait(20)
    tasks.scheduled.delay()
    at_work = len(done)
    go.set()
    first.join()
    assert at_work == 1


def test_a_long_night_gives_the_worker_back_between_clients(make_backed_up, evening, monkeypatch, settings):
    settings.BACKUP_PARALLEL = 1
    clients = [make_backed_up() for _ in range(2)]
    monkeypatch.setattr(tasks, "TURN", -1)
    turns = []
    monkeypatch.setattr(tasks.runner, "delay", turns.append)
    tasks.scheduled.delay()
    assert turns == [0]
    monkeypatch.setattr(tasks, "TURN", 240)
    tasks.scheduled.delay()
    assert {row[0] for row in rows()} >= {client.code for client in clients}


def test_a_table_that_a_migration_holds_is_a_clear_failure_tried_again(client_with_data, sql, monkeypatch):
    """pg_dump or COPY behind a queued exclusive lock: it fails soon, in words, and the next turn succeeds."""
    monkeypatch.setitem(postgres._CANON, "lock_timeout", "300ms")
    monkeypatch.setattr(tasks, "AGAIN_AFTER", dt.timedelta(0))
    slot = Slot.evening(DAY)
    with sql.transaction():
        sql.execute(f"LOCK TABLE {client_with_data.schema_name}.crm_company IN ACCESS EXCLUSIVE MODE")
        tasks._run(client_with_data, slot)
    failed = Backup.objects.get()
    assert failed.state == State.FAILED
    assert "verrou" in failed.error
    assert client_with_data in tasks.due_clients(slot)
    tasks._run(client_with_data, slot)
    assert Backup.objects.first().state == State.VERIFIED


def test_an_absent_backup_is_told_once_by_mail_and_in_the_figures(make_backed_up, settings, tmp_path):
    client = make_backed_up()
    back_up(client, trigger=Trigger.MANUAL)
    settings.BACKUP_ALARM_EMAILS, settings.BACKUP_METRICS_FILE = ["ops@b2o.example"], str(tmp_path / "backups.prom")
    mail.outbox.clear()
    assert not [alarm_ for alarm_ in alarm.check().alarms if client.code in alarm_]
    assert 'myb2o_backup_count{state="verified"} 1' in (tmp_path / "backups.prom").read_text()
    Backup.objects.update(started_at=timezone.now() - dt.timedelta(days=3))
    type(client).objects.filter(pk=client.pk).update(created_at=timezone.now() - dt.timedelta(days=9))
    mail.outbox.clear()
    for _ in range(2):
        said = alarm.check()
    assert list(said.late.values()) == [[client.code]] * 2
    (sent,) = [message for message in mail.outbox if client.code in message.body]
    assert sent.to == ["ops@b2o.example"]
    assert "myb2o_backup_late 1\n" in (tmp_path / "backups.prom").read_text()


def test_a_noon_full_does_not_stand_for_the_evening(make_backed_up):
    client = make_backed_up()
    type(client).objects.filter(pk=client.pk).update(created_at=dt.datetime(2026, 6, 1, tzinfo=dt.UTC))
    made = back_up(client, trigger=Trigger.NOON, slot=DAY)
    noon = Slot.noon(DAY)
    Backup.objects.filter(pk=made.pk).update(started_at=noon.due)
    found = status.late(Slot.evening(DAY).due + dt.timedelta(hours=2))
    assert [slot for slot, codes in found.items() if client.code in codes] == [Slot.evening(DAY)]
