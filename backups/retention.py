"""How long a backup is kept (R13): by days that have a proven copy, never by time that passed.

A *good day* is a business day with a verified full; the cut is the sixth most recent. Whatever is dated from the cut on
is kept, and every full that a kept increment completes, what is held, what was taken under a doubtful clock, and the
newest verified full. With fewer than six good days everything is kept: a week of failures destroys nothing.
"""

import datetime as dt
import logging
from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _

from backups import catalogue, postgres
from backups.actions import manifest_of
from backups.engine import ddl, snapshot
from backups.engine.container import client_folder
from backups.errors import Busy
from backups.models import KEPT, Backup, Kind, State
from backups.slots import slot_of
from backups.storage import storage
from core.business_time import Zone, legal_calendar
from tenants.models import Client

logger = logging.getLogger(__name__)
DAYS = 6
# The holidays of Alsace-Moselle count for everyone: a client may be there, and one more day is kept for the others.
ZONE = Zone.ALSACE_MOSELLE


def kept_of(rows: Iterable[Backup], *, zone: str = ZONE) -> tuple[set[int], dt.date | None]:
    """The numbers to keep among one client's backups that can be restored, and the cut (None: too few good days)."""
    rows = list(rows)
    good = {row.slot for row in rows if _is_good(row, zone)}
    cut = sorted(good, reverse=True)[DAYS - 1] if len(good) >= DAYS else None
    kept = {row.pk for row in rows if cut is None or row.slot >= cut or row.hold or row.doubtful_clock}
    kept |= set(sorted(row.pk for row in rows if row.kind == Kind.FULL and row.is_verified)[-1:])
    return kept | {row.parent_id for row in rows if row.pk in kept and row.parent_id}, cut


def _is_good(row: Backup, zone: str) -> bool:
    proven = row.kind == Kind.FULL and row.is_verified and not row.doubtful_clock
    return proven and legal_calendar(zone).is_working_day(row.slot)


def kept_until(day: dt.date) -> dt.date:
    """The evening that makes a backup of that day superfluous when all succeed: the sixth business day after."""
    return legal_calendar(ZONE).add_working_days(day, DAYS)


def prune(client_id: int, schema: str, *, today: dt.date | None = None) -> list[Backup]:
    """Destroy what need not be kept of one client. Returns what went. Nothing goes while the clock is in doubt.

    Of a client that is no more (R29) each copy goes once six business days have passed: no new ones will come.
    """
    day = today or slot_of()
    if catalogue.clock_is_doubtful(day):
        logger.warning("the clock (%s) is out of step with the catalogue: nothing is pruned", day)
        return []
    with postgres.client_lock(schema):
        rows = list(Backup.objects.of(client_id=client_id).filter(state__in=KEPT))
        kept, _cut = kept_of(rows)
        if not Client.objects.filter(pk=client_id, destroyed_at=None).exists():
            kept = _not_expired(rows, day)
        gone = [row for row in rows if row.pk not in kept]
        for row in gone:
            catalogue.mark_pruned(row)
            logger.info("backup %s of %s destroyed at its term", row.pk, row.client_code)
        _sweep(schema)
        return gone


def _not_expired(rows: list[Backup], day: dt.date) -> set[int]:
    kept = {row.pk for row in rows if row.hold or row.doubtful_clock or kept_until(row.slot) >= day}
    return kept | {row.parent_id for row in rows if row.pk in kept and row.parent_id}


def _sweep(schema: str) -> None:
    """Remove the files of whatever the catalogue does not keep; also what an interrupted sweep left."""
    store, folder = storage(), client_folder(schema)
    used = Backup.objects.filter(schema_name=schema).filter(state__in=[*KEPT, State.RUNNING])
    kept = {str(pk) for pk in used.values_list("pk", flat=True)}
    kept |= {str(row.pk) for row in _failed_lately(schema)}
    blobs: set[str] = set()
    for row in used.filter(state__in=KEPT):
        blobs |= manifest_of(row).blob_keys
    for key in list(store.list(folder)):
        part = key.removeprefix(f"{folder}/").split("/")[0]
        superfluous = key not in blobs if part == "blobs" else part not in kept
        if superfluous:
            store.delete(key)


def _failed_lately(schema: str) -> list[Backup]:
    """A damaged backup is looked at before it goes: it stays as long as a good one would."""
    failed = Backup.objects.filter(schema_name=schema, state=State.FAILED)
    today = slot_of()
    return [row for row in failed if row.hold or row.doubtful_clock or kept_until(row.slot) >= today]


def sweep_definitions() -> int:
    """Remove the shared schema parts that no kept backup leans on, nor the next one will. Returns how many.

    Nothing while a run is under way: it may lean on a part before its row says so.
    """
    if Backup.objects.filter(state=State.RUNNING).exists():
        return 0
    rows = Backup.objects.filter(state__in=[*KEPT, State.FAILED]).exclude(path="")
    used = {row.schema_part or manifest_of(row).fingerprint for row in rows}
    with postgres.connect() as own:
        schemas = [settings.TEMPLATE_SCHEMA, *Client.objects.values_list("schema_name", flat=True)]
        used |= {snapshot.fingerprint(own, name) for name in schemas if postgres.schema_exists(own, name)}
    store, gone = storage(), set[str]()
    for key in list(store.list(ddl.FOLDER)):
        mark = key.split("/")[1]
        if mark not in used:
            store.delete(key)
            gone.add(mark)
    return len(gone)


def prune_all() -> int:
    """Every client of the catalogue, deleted ones too. Returns how many backups went."""
    count = 0
    owners = Backup.objects.filter(state__in=KEPT).order_by().values_list("client_id", "schema_name").distinct()
    for client_id, schema in owners:
        try:
            count += len(prune(client_id, schema))
        except Busy:
            logger.info("pruning of %s waits: a run is under way", schema)
    sweep_definitions()
    return count


def hold(backup: Backup, reason: str) -> None:
    """Keep a backup until it is released, and with it the full that it completes."""
    backup.hold = reason[:200] or _("sans motif")
    backup.save(update_fields=["hold"])


def release(backup: Backup) -> None:
    backup.hold = ""
    backup.save(update_fields=["hold"])


def trust_clock() -> int:
    """The clock was right after all (the service was stopped for weeks). Returns how many backups were in doubt."""
    return Backup.objects.filter(doubtful_clock=True).update(doubtful_clock=False)
