"""How rows of the catalogue come and go on. Each link holds the hash of the one before: nothing is removed unseen."""

import datetime as dt
import hashlib
import json

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from backups.engine.manifest import Manifest
from backups.errors import Busy
from backups.models import KEPT, Backup, Kind, State, Trigger
from backups.storage import Stored
from tenants.models import Client

# A clock that goes back, or leaps further ahead than any stop of the service lasted, is not believed.
FARTHEST_AHEAD = dt.timedelta(days=21)


def start(client: Client, *, trigger: Trigger, slot: dt.date, parent: int | None = None, note: str = "") -> Backup:
    """A row `running`: an increment over `parent`, else a full. Raises Busy when the slot's run exists already."""
    try:
        with transaction.atomic():
            return Backup.objects.create(
                client_id=client.pk, client_code=client.code, schema_name=client.schema_name, trigger=trigger,
                slot=slot, kind=Kind.INCREMENT if parent else Kind.FULL, parent_id=parent, note=note,
                doubtful_clock=clock_is_doubtful(slot),
            )  # fmt: skip
    except IntegrityError as error:
        raise Busy(_("La sauvegarde de ce créneau existe déjà.")) from error


def clock_is_doubtful(day: dt.date) -> bool:
    """Whether a slot date is out of step with the backups there are: it is taken all the same, nothing is destroyed."""
    last = Backup.objects.filter(doubtful_clock=False).aggregate(last=Max("slot"))["last"]
    return last is not None and not last <= day <= last + FARTHEST_AHEAD


def make_full(backup: Backup, note: str) -> None:
    """An increment would not be exact: the run goes on as a full."""
    backup.kind, backup.parent, backup.note = Kind.FULL, None, note
    backup.save(update_fields=["kind", "parent", "note"])


@transaction.atomic
def mark_stored(backup: Backup, made: Manifest, written: Stored) -> None:
    """The manifest is written: the row says what there is and joins the chain.

    Committed to disk whatever the server's settings: with it is whatever the snapshot saw. After a crash PostgreSQL
    gives again the numbers of transactions that were not on disk; none of those is below the horizon.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('b2o:backup-chain', 0))")
    backup.state, backup.ended_at = State.STORED, timezone.now()
    backup.size, backup.rows, backup.files = made.size + written.size, made.rows, made.file_count
    backup.path, backup.manifest_sha256 = written.key.rsplit("/", 1)[0], written.sha256
    backup.schema_part = made.fingerprint
    backup.previous_hash = _head()
    backup.hash = link(backup)
    backup.save()


def mark_verified(backup: Backup) -> None:
    backup.state, backup.verified_at = State.VERIFIED, timezone.now()
    backup.save(update_fields=["state", "verified_at"])


def mark_failed(backup: Backup, error: str) -> None:
    """Also a stored backup that turned out damaged: it is never offered again."""
    backup.state, backup.error = State.FAILED, error or "?"
    backup.ended_at = backup.ended_at or timezone.now()
    backup.save(update_fields=["state", "error", "ended_at"])


def mark_pruned(backup: Backup) -> None:
    """Said before the files go: a row that can be restored always has all of them."""
    backup.state, backup.pruned_at = State.PRUNED, timezone.now()
    backup.save(update_fields=["state", "pruned_at"])


def abort_dead(schema: str) -> list[Backup]:
    """Rows whose worker died. The caller holds the client's lock, so that nobody can be running."""
    dead = list(Backup.objects.filter(schema_name=schema, state=State.RUNNING))
    for backup in dead:
        backup.state, backup.ended_at = State.ABORTED, timezone.now()
        backup.save(update_fields=["state", "ended_at"])
    return dead


def link(backup: Backup) -> str:
    """The hash of a row and of the link before it."""
    said = [
        backup.previous_hash, backup.seq, backup.client_id, backup.client_code, backup.schema_name, backup.kind,
        backup.slot.isoformat(), backup.path, backup.manifest_sha256,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _head() -> str:
    linked = Backup.objects.exclude(hash="")
    last = linked.filter(~Exists(linked.filter(previous_hash=OuterRef("hash")))).order_by("-seq").first()
    return last.hash if last else ""


def chain_length() -> int | None:
    """The number of links, or None when a row was changed or removed."""
    found = chain()
    return None if found is None else len(found)


def chain() -> list[str] | None:
    """The links in their order, or None when a row was changed or removed. The last ones may be gone: see `heads`."""
    following = {backup.previous_hash: backup for backup in Backup.objects.exclude(hash="")}
    found, expected = list[str](), ""
    while expected in following:
        backup = following[expected]
        if link(backup) != backup.hash:
            return None
        found.append(backup.hash)
        expected = backup.hash
    return found if len(found) == len(following) else None


def newest(client_id: int) -> Backup | None:
    """The last backup of a client that can be restored."""
    return Backup.objects.of(client_id=client_id).filter(state__in=KEPT).first()


def newest_full(client_id: int, schema: str) -> Backup | None:
    """The verified full that an increment of now completes."""
    fulls = Backup.objects.of(client_id=client_id).filter(kind=Kind.FULL, state=State.VERIFIED, schema_name=schema)
    return fulls.first()
