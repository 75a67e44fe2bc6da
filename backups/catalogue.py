"""How rows of the catalogue come and go on. Each link holds the hash of the one before: nothing is removed unseen."""

import datetime as dt
import hashlib
import json

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backups.engine.manifest import Manifest
from backups.errors import Busy
from backups.models import KEPT, Backup, State, Trigger
from backups.storage import Stored
from tenants.models import Client


def start(client: Client, *, trigger: Trigger, slot: dt.date) -> Backup:
    """A row `running`. Raises Busy when the slot's nightly run exists already."""
    try:
        with transaction.atomic():
            return Backup.objects.create(
                client_id=client.pk, client_code=client.code, schema_name=client.schema_name, trigger=trigger, slot=slot
            )
    except IntegrityError as error:
        raise Busy(_("La sauvegarde du soir existe déjà.")) from error


@transaction.atomic
def mark_stored(backup: Backup, made: Manifest, written: Stored) -> None:
    """The manifest is written: the row says what there is and joins the chain."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('b2o:backup-chain', 0))")
    backup.state, backup.ended_at = State.STORED, timezone.now()
    backup.size, backup.rows, backup.files = made.size + written.size, made.rows, len(made.files)
    backup.path, backup.manifest_sha256 = written.key.rsplit("/", 1)[0], written.sha256
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
    last = linked.exclude(hash__in=linked.values("previous_hash")).first()
    return last.hash if last else ""


def chain_length() -> int | None:
    """The number of links, or None when a row was changed or removed."""
    following = {backup.previous_hash: backup for backup in Backup.objects.exclude(hash="")}
    count, expected = 0, ""
    while expected in following:
        backup = following[expected]
        if link(backup) != backup.hash:
            return None
        count, expected = count + 1, backup.hash
    return count if count == len(following) else None


def newest(client_id: int) -> Backup | None:
    """The last backup of a client that can be restored."""
    return Backup.objects.of(client_id=client_id).filter(state__in=KEPT).first()
