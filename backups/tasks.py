"""Celery's side: the evening's fan-out, and one task for each client.

Both run in public: the catalogue is there, and a client's rows are read by a connection of the engine's own, by schema.
"""

import datetime as dt
import logging
import random

from celery import shared_task

from backups.actions import back_up, explained, sweep
from backups.errors import BackupError, Busy
from backups.models import Trigger
from backups.slots import slot_of
from tenants.models import Client, State

logger = logging.getLogger(__name__)
SPREAD = 20  # seconds of spread for each client, so that two hundred do not dump at once


@shared_task
def nightly() -> None:
    """Send one task for each served client, spread over time. Called by beat at 20:00 Europe/Paris."""
    slot = slot_of().isoformat()
    served = list(Client.objects.filter(state__in=[State.LIVE, State.TRIAL]).values_list("pk", flat=True))
    for pk in served:
        full_backup.apply_async([pk, slot], countdown=random.uniform(0, SPREAD * len(served)))  # noqa: S311
    with explained():
        sweep()


@shared_task
def full_backup(client_id: int, slot: str) -> None:
    """The evening's full of one client; a client that was deleted meanwhile has nothing left to back up."""
    client = Client.objects.filter(pk=client_id).first()
    if client is None:
        return
    try:
        back_up(client, trigger=Trigger.NIGHTLY, slot=dt.date.fromisoformat(slot))
    except Busy as error:
        logger.info("backup of %s: %s", client.code, error)
    except BackupError:
        logger.exception("backup of %s failed", client.code)
