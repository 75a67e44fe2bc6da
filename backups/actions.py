"""Taking a backup and proving it."""

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from django.db import DatabaseError
from django.utils.translation import gettext as _

from backups import catalogue, postgres
from backups.engine import container, manifest
from backups.engine.container import client_folder
from backups.errors import BackupError, Busy, Damaged
from backups.models import KEPT, Backup, State, Trigger
from backups.slots import slot_of
from backups.storage import storage
from tenants.models import Client

logger = logging.getLogger(__name__)


def scratch_schema(schema: str) -> str:
    """Where a client is restored to be checked. No client can have that name: "b2o-" is reserved."""
    return f"b2o_scratch_{schema}"


@contextmanager
def explained() -> Iterator[None]:
    """Failures of the database and of the store as BackupError, for people."""
    try:
        yield
    except (psycopg.Error, DatabaseError) as error:
        raise BackupError(_("La base de données a refusé : %(error)s") % {"error": str(error).strip()}) from error
    except OSError as error:
        raise BackupError(_("Le stockage a refusé : %(error)s") % {"error": error}) from error


def back_up(client: Client, *, trigger: Trigger, slot: dt.date | None = None) -> Backup:
    """A full backup, stored then verified. A slot that has its nightly one already is verified if it was not yet.

    Raises BackupError; the catalogue then says why, and nothing half written can be restored.
    """
    slot = slot or slot_of()
    with explained(), postgres.client_lock(client.schema_name):
        _clean_after_the_dead(client.schema_name)
        backup = _of_slot(client, slot) if trigger == Trigger.NIGHTLY else None
        backup = backup or _store(client, trigger=trigger, slot=slot)
        if backup.state == State.STORED:
            _verify(backup)
        return backup


def verify(backup: Backup) -> None:
    """Read every byte again and restore it into a scratch schema. Raises BackupError; Damaged is final."""
    if backup.state not in KEPT:
        raise BackupError(
            _("La sauvegarde %(backup)s est « %(state)s » : il n’y a rien à vérifier.")
            % {"backup": backup, "state": backup.get_state_display().lower()}
        )
    with explained(), postgres.client_lock(backup.schema_name):
        _verify(backup)


def sweep() -> None:
    """Drop the schemas that nobody can use any more: what was put aside for deleted clients, scratch of the dead."""
    with postgres.connect() as own:
        names = own.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^b2o_(before|scratch)_'").fetchall()
        for (name,) in names:
            kind, _underscore, owner = name.removeprefix("b2o_").partition("_")
            if kind == "before" and not Client.objects.filter(pk=owner.split("_")[0]).exists():
                postgres.drop_schema(own, name)
            elif kind == "scratch":
                with suppress(Busy), postgres.client_lock(owner):
                    postgres.drop_schema(own, name)


def _store(client: Client, *, trigger: Trigger, slot: dt.date) -> Backup:
    backup = catalogue.start(client, trigger=trigger, slot=slot)
    try:
        with explained():
            made, written = container.write(storage(), client.schema_name, backup.seq)
            catalogue.mark_stored(backup, made, written)
    except BackupError as error:
        catalogue.mark_failed(backup, str(error))
        _remove_files(backup)
        raise
    return backup


def _verify(backup: Backup) -> None:
    store, scratch = storage(), scratch_schema(backup.schema_name)
    try:
        made = manifest.read(store, backup.path, backup.manifest_sha256)
        container.check_bytes(store, made)
        with scratch_of(backup.schema_name) as own:
            container.load(store, made, own, scratch)
    except Damaged as error:
        catalogue.mark_failed(backup, str(error))
        raise
    catalogue.mark_verified(backup)


@contextmanager
def scratch_of(schema: str) -> Iterator[psycopg.Connection]:
    """A connection, with no scratch schema of the client before nor after. The caller holds the client's lock."""
    with postgres.connect() as own:
        postgres.drop_schema(own, scratch_schema(schema))
        try:
            yield own
        finally:
            if not own.closed:
                postgres.drop_schema(own, scratch_schema(schema))


def _of_slot(client: Client, slot: dt.date) -> Backup | None:
    kept = Backup.objects.of(client_id=client.pk).filter(state__in=KEPT)
    return kept.filter(slot=slot, trigger=Trigger.NIGHTLY).first()


def _clean_after_the_dead(schema: str) -> None:
    for backup in catalogue.abort_dead(schema):
        logger.warning("backup %s of %s was interrupted", backup.seq, backup.client_code)
        _remove_files(backup)
    storage().sweep(client_folder(schema))


def _remove_files(backup: Backup) -> None:
    """Files of a run that did not end. Blobs stay: other backups share them."""
    store = storage()
    for key in store.list(f"{client_folder(backup.schema_name)}/{backup.seq}"):
        store.delete(key)
