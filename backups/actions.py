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
from backups.engine.container import NotExact, Parent, client_folder
from backups.engine.manifest import Manifest
from backups.engine.sealed import Vault
from backups.errors import BackupError, Busy, Damaged
from backups.keyring import keyring
from backups.models import KEPT, SCHEDULED, Backup, Kind, State, Trigger
from backups.slots import slot_of
from backups.storage import Stored, storage
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


def back_up(client: Client, *, trigger: Trigger, slot: dt.date | None = None, kind: Kind | None = None) -> Backup:
    """A backup, stored then verified: a full, at noon an increment, unless `kind` says. A slot that has its one
    already is verified if it was not yet. Where an increment would not be exact a full is made, and `note` says why.

    Raises BackupError; the catalogue then says why, and nothing half written can be restored.
    """
    slot = slot or slot_of()
    kind = kind or (Kind.INCREMENT if trigger == Trigger.NOON else Kind.FULL)
    with explained(), postgres.client_lock(client.schema_name):
        _clean_after_the_dead(client.schema_name)
        backup = _of_slot(client, trigger, slot) if trigger in SCHEDULED else None
        backup = backup or _store(client, trigger=trigger, slot=slot, kind=kind)
        if backup.state == State.STORED and keyring().can_open():  # else a host that holds the keys proves it
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


def _store(client: Client, *, trigger: Trigger, slot: dt.date, kind: Kind) -> Backup:
    parent, note = _parent_of(client) if kind == Kind.INCREMENT else (None, "")
    backup = catalogue.start(client, trigger=trigger, slot=slot, parent=parent.seq if parent else None, note=note)
    try:
        with explained():
            catalogue.mark_stored(backup, *_write(backup, parent))
    except BackupError as error:
        catalogue.mark_failed(backup, str(error))
        _remove_files(backup)
        raise
    return backup


def _parent_of(client: Client) -> tuple[Parent | None, str]:
    """What an increment completes, or why there is nothing."""
    full = catalogue.newest_full(client.pk, client.schema_name)
    if full is None:
        return None, _("Complète : il n’y en a pas de vérifiée à compléter.")
    try:
        made = manifest_of(full)
    except BackupError as error:
        return None, _("Complète : %(reason)s") % {"reason": error}
    return Parent(full.seq, full.path, full.manifest_sha256, made), ""


def _write(backup: Backup, parent: Parent | None) -> tuple[Manifest, Stored]:
    vault, sign = Vault(storage(), keyring().recipient(backup.client_id)), keyring().sign
    try:
        return container.write(vault, sign, backup.schema_name, backup.seq, parent)
    except NotExact as error:
        catalogue.make_full(backup, _("Complète : %(reason)s.") % {"reason": error})
        return container.write(vault, sign, backup.schema_name, backup.seq)


def vault_of(backup: Backup) -> Vault:
    """A backup's store, open. Raises KeysElsewhere on a host that only writes."""
    identity = keyring().identity(backup.client_id)
    return Vault(storage(), identity.to_public(), identity)


def manifest_of(backup: Backup) -> Manifest:
    return manifest.read(storage(), backup.path, backup.manifest_sha256, keyring().check)


def _verify(backup: Backup) -> None:
    vault, scratch = vault_of(backup), scratch_schema(backup.schema_name)
    try:
        made = manifest_of(backup)
        container.check_bytes(vault, made)
        with scratch_of(backup.schema_name) as own:
            container.load(vault, keyring().check, made, own, scratch)
    except Damaged as error:
        catalogue.mark_failed(backup, str(error))
        if error.blob:  # shared by other backups: the next one stores it again, if the file is still there
            storage().delete(error.blob)
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


def _of_slot(client: Client, trigger: Trigger, slot: dt.date) -> Backup | None:
    kept = Backup.objects.of(client_id=client.pk).filter(state__in=KEPT)
    return kept.filter(slot=slot, trigger=trigger).first()


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
