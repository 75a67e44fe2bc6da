"""Each night some backups are restored once more, from what is stored: proven once is not proven for ever."""

import datetime as dt
import logging
import math

from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from backups.actions import verify
from backups.errors import BackupError, Busy
from backups.models import Backup, State
from tenants.models import Client

logger = logging.getLogger(__name__)
EVERY = dt.timedelta(days=7)  # each client at least so often
_NIGHTS = 5  # a sixth and a seventh night make good what two of them missed


def drill(count: int | None = None) -> dict[Backup, str]:
    """Restore the sample of tonight: of the clients whose turn it is, the backup that was proven longest ago.

    Returns each with "" or why it failed; a damaged one is marked by the verification itself.
    """
    done: dict[Backup, str] = {}
    for backup in sample(count):
        try:
            verify(backup)
        except Busy:
            continue  # its turn stays
        except BackupError as error:
            logger.error("drill of backup %s failed: %s", backup.pk, error)
            done[backup] = str(error)
            continue
        Backup.objects.filter(pk=backup.pk).update(drilled_at=timezone.now())
        done[backup] = ""
    return done


def sample(count: int | None = None) -> list[Backup]:
    """One verified backup of each client whose turn it is: those that waited longest, a fifth of them by default."""
    clients = list(Client.objects.values_list("pk", flat=True))
    drilled = dict(Backup.objects.order_by().values_list("client_id").annotate(Max("drilled_at")))
    long_ago = dt.datetime.min.replace(tzinfo=dt.UTC)
    clients.sort(key=lambda pk: (drilled.get(pk) or long_ago, pk))
    proven = Coalesce(F("drilled_at"), F("verified_at"))
    chosen = []
    for pk in clients[: math.ceil(len(clients) / _NIGHTS) if count is None else count]:
        found = Backup.objects.of(client_id=pk).filter(state=State.VERIFIED).order_by(proven, "seq").first()
        chosen += [found] if found else []
    return chosen


def overdue(moment: dt.datetime | None = None) -> list[str]:
    """The codes of the clients whose backups are older than a week and were not drilled within one, and a day."""
    since = (moment or timezone.now()) - EVERY - dt.timedelta(days=1)
    rows = Backup.objects.filter(client_id__in=Client.objects.values("pk"))
    old = rows.filter(verified_at__lt=since, state=State.VERIFIED).values("client_id")
    recent = rows.filter(Q(drilled_at__gte=since)).values("client_id")
    found = rows.filter(client_id__in=old).exclude(client_id__in=recent)
    return sorted(set(found.order_by().values_list("client_code", flat=True)))
