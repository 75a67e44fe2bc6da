"""Celery's side: beat starts runners at noon and in the evening; each takes the next client that is due until none is.

The catalogue says what is due, so nothing depends on a message: beat may be down at 20:00, a worker may be killed, the
reconciler starts the runners again within five minutes. A runner is a lock: there are never more than BACKUP_PARALLEL.
They run in public: the catalogue is there, and a client's rows are read by a connection of the engine's own, by schema.
"""

import datetime as dt
import logging
import time
from collections.abc import Collection

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from backups import alarm, downloads, drill, heads, jobs, postgres, requests, retention
from backups.actions import back_up, explained, sweep, verify
from backups.errors import BackupError, Busy
from backups.models import Backup, State, Trigger
from backups.slots import Slot, open_slot
from tenants.models import SERVED, Client

__all__ = [
    "full_now",
    "housekeeping",
    "jobs",
    "prove",
    "reconcile",
    "restore",
    "runner",
    "scheduled",
]  # jobs: workers find its kinds through here
logger = logging.getLogger(__name__)
TURN = 240  # seconds after which a runner gives its worker back, and asks for another turn
AGAIN_AFTER = dt.timedelta(minutes=10)  # a client that failed is tried again, not at once


@shared_task
def scheduled() -> None:
    """Called by beat at 12:00 and 20:00 Europe/Paris."""
    _start_runners()


@shared_task
def reconcile() -> None:
    """Called by beat every five minutes: what is due and missing runs, what stays missing is told."""
    if open_slot():
        _start_runners()
    alarm.check()


@shared_task
def housekeeping() -> None:
    """Called by beat each morning: what expired goes, and the head of the catalogue is copied beside the backups."""
    with explained():
        retention.prune_all()
        sweep()
        heads.copy()
    downloads.sweep()


@shared_task
def nightly_drill() -> None:
    """Called by beat each night: some backups are restored once more from what is stored."""
    drill.drill()


@shared_task
def runner(number: int) -> None:
    """Back up the clients that are due, one after the other."""
    started, tried = time.monotonic(), set[int]()
    try:
        with postgres.lock(f"runner:{number}"):
            while slot := open_slot():
                client = next(iter(due_clients(slot, without=tried)), None)
                if client is None:
                    return
                if time.monotonic() - started > TURN:
                    break
                tried.add(client.pk)
                _run(client, slot)
            else:
                return
    except Busy:
        return
    runner.delay(number)


@shared_task
def prove(seq: int) -> None:
    """Verify one backup: asked by ops, or stored by a host that could not open it."""
    backup = Backup.objects.filter(pk=seq).first()
    if backup is None:
        return
    try:
        verify(backup)
    except BackupError:
        logger.exception("backup %s could not be verified", seq)


@shared_task
def full_now(client_id: int) -> None:
    """A full of one client, asked by ops."""
    client = Client.objects.filter(pk=client_id).first()
    if client is None:
        return
    try:
        back_up(client, trigger=Trigger.MANUAL)
    except BackupError:
        logger.exception("backup of %s failed", client.code)


@shared_task
def restore(request_id: int) -> None:
    """What a client asked for and ops accepted."""
    requests.fulfil(request_id)


def due_clients(slot: Slot, *, without: Collection[int] = ()) -> list[Client]:
    """Served clients whose backup of the slot is not there, those that failed a moment ago apart."""
    rows = Backup.objects.filter(slot=slot.day, trigger=slot.trigger)
    done = rows.filter(state=State.VERIFIED).values("client_id")
    lately = rows.filter(state=State.FAILED, ended_at__gt=timezone.now() - AGAIN_AFTER).values("client_id")
    served = Client.objects.filter(state__in=SERVED)
    return list(served.exclude(pk__in=done).exclude(pk__in=lately).exclude(pk__in=without).order_by("pk"))


def _start_runners() -> None:
    for number in range(settings.BACKUP_PARALLEL):
        runner.apply_async([number], expires=290)  # the reconciler sends the next one


def _run(client: Client, slot: Slot) -> None:
    try:
        back_up(client, trigger=slot.trigger, slot=slot.day)
        retention.prune(client.pk, client.schema_name)
    except Busy as error:
        logger.info("backup of %s: %s", client.code, error)
    except BackupError:
        logger.exception("backup of %s failed", client.code)
