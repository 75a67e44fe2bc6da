"""Restoring a client: beside what there is, proven, and only then into its place by renaming schemas."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context
from psycopg import sql

from backups import erasures, postgres, swapping
from backups.actions import explained, manifest_of, scratch_of, scratch_schema, vault_of
from backups.engine import container, manifest, media
from backups.engine.manifest import About, Manifest
from backups.engine.media import File
from backups.engine.sealed import Vault
from backups.erasures import Replayed
from backups.errors import BackupError
from backups.keyring import keyring
from backups.models import KEPT, Backup
from tenants import contenttypes, migrating
from tenants.middleware import forget_hosts
from tenants.models import Client, Domain, validate_client_name
from tenants.provisioning import schema_of
from tenants.storage import media_folder


@dataclass(frozen=True)
class Restored:
    """`previous`: the schema that holds what was there before, "" for a new client. `remarks` are for people."""

    client: Client
    rows: int
    files_written: int
    previous: str = ""
    remarks: list[str] = field(default_factory=list)


def restore_over(client: Client, backup: Backup, *, other_functions: bool = False) -> Restored:
    """Put a client back as it was. What it holds now is kept in another schema; files are added, never removed.

    Raises BackupError, and then the client is untouched.
    """
    if backup.client_id != client.pk:
        raise BackupError(
            _("La sauvegarde n° %(seq)s n’est pas de ce client : restaurez-la sous un nouveau nom avec --as.")
            % {"seq": backup.seq}
        )
    schema = client.schema_name
    with (
        beside(backup, schema, other_functions=other_functions) as found,
        staged(found, media_folder(schema), found.files) as moves,
    ):
        previous = swapping.swap(client, found.scratch)
        media.put_back(moves, f".before-{backup.seq}")
        _forget(schema)
        remarks = _differences(client, found.about) + _replayed(found.replayed)
        return Restored(client, found.made.rows, len(moves), previous, remarks)


def restore_as(code: str, backup: Backup, *, other_functions: bool = False) -> Restored:
    """Make a new client of a backup, reached at its own host. Raises BackupError, and then there is no such client."""
    _check_free(code)
    schema = schema_of(code)
    try:
        with (
            beside(backup, schema, other_functions=other_functions) as found,
            staged(found, media_folder(schema), found.files) as moves,
        ):
            media.put_back(moves, f".before-{backup.seq}")
            client = _create(code, found.about)
            _forget(schema)
            return Restored(client, found.made.rows, len(moves), remarks=_replayed(found.replayed))
    except BaseException:
        if not Client.objects.filter(schema_name=schema).exists():
            shutil.rmtree(media_folder(schema), ignore_errors=True)
        raise


@dataclass(frozen=True)
class Beside:
    """A backup, proven, in a scratch schema, at the code's migrations."""

    scratch: str
    made: Manifest
    about: About
    vault: Vault
    replayed: Replayed

    @property
    def files(self) -> list[File]:
        """Without those of what was erased since."""
        return [file for file in self.about.files if file.path not in self.replayed.files]


@contextmanager
def beside(backup: Backup, schema: str, *, other_functions: bool = False) -> Iterator[Beside]:
    """A backup in the client's scratch schema, for the length of a block; what was erased since is erased there too.

    Raises BackupError.
    """
    if backup.state not in KEPT:
        raise BackupError(
            _("La sauvegarde n° %(seq)s est « %(state)s » : elle ne peut pas être restaurée.")
            % {"seq": backup.seq, "state": backup.get_state_display().lower()}
        )
    scratch = scratch_schema(schema)
    with explained(), postgres.client_lock(schema), scratch_of(schema) as own:
        vault, made = vault_of(backup), manifest_of(backup)
        if not other_functions:
            container.check_functions(made, own)
        about = container.check_bytes(vault, made)
        container.load(vault, keyring().check, made, own, scratch)
        _bring_up_to_date(own, scratch)
        own.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(scratch, "django_session")))
        replayed = erasures.replay(backup.client_id, scratch, made.raw["taken_at"])
        yield Beside(scratch, made, about, vault, replayed)


@contextmanager
def staged(found: Beside, folder: Path, files: list[File]) -> Iterator[list[tuple[Path, Path]]]:
    """Files of a backup brought beside their places in a client's folder: (staged, place)."""
    try:
        yield media.stage(found.vault, files, folder, found.made.blobs)
    finally:
        shutil.rmtree(folder / media.STAGING, ignore_errors=True)


def _bring_up_to_date(own: psycopg.Connection, scratch: str) -> None:
    """An older backup gets the migrations that it lacks; one of a newer version of the software is refused."""
    query = sql.SQL("SELECT app || '.' || name FROM {} EXCEPT SELECT app || '.' || name FROM {}").format(
        sql.Identifier(scratch, "django_migrations"), sql.Identifier(settings.TEMPLATE_SCHEMA, "django_migrations")
    )
    if unknown := [name for (name,) in own.execute(query)]:
        raise BackupError(
            _("La sauvegarde vient d’une version plus récente du logiciel (%(names)s) : mettez-le à jour d’abord.")
            % {"names": ", ".join(unknown[:3])}
        )
    if migrating.late([scratch]):
        migrating.migrate_client(scratch)


def _replayed(done: Replayed) -> list[str]:
    said = [_("%(count)s effacement(s) rejoué(s).") % {"count": done.count}] if done.count else []
    return said + done.remarks


def _check_free(code: str) -> None:
    try:
        validate_client_name(code)
    except ValidationError as error:
        raise BackupError(" ".join(error.messages)) from error
    with postgres.connect() as own:
        taken = postgres.schema_exists(own, schema_of(code))
    host = Client(code=code).subdomain
    if taken or Client.objects.filter(code=code).exists() or Domain.objects.filter(domain=host).exists():
        raise BackupError(_("Le client « %(code)s » existe déjà : choisissez un autre nom.") % {"code": code})


@transaction.atomic
def _create(code: str, made: About) -> Client:
    """The client's rows and its schema, together. One that comes back under its own name is the same client again."""
    kept = {name: made.client[name] for name in ("name", "hue", "chroma")}
    client = Client(code=code, schema_name=schema_of(code), **kept)
    if code == made.client["code"] and not Client.objects.filter(pk=made.client["id"]).exists():
        client.pk = made.client["id"]
    client.save(force_insert=True)
    Domain.objects.create(domain=client.subdomain, tenant=client, is_primary=True)
    swapping.rename(scratch_schema(client.schema_name), client.schema_name)
    return client


def _differences(client: Client, made: About) -> list[str]:
    """What public says of the client and did not say then. It is shown, never overwritten."""
    with postgres.connect() as own:
        now = manifest.public_rows(own, client.schema_name)
    remarks = [
        _("%(name)s : « %(then)s » dans la sauvegarde, « %(now)s » aujourd’hui (gardé).")
        % {"name": name, "then": made.client.get(name), "now": value}
        for name, value in now["client"].items()
        if made.client.get(name) != value
    ]
    gone = {row["domain"] for row in made.domains} - {row["domain"] for row in now["domains"]}
    return remarks + [_("L’hôte %(host)s de la sauvegarde n’existe plus.") % {"host": host} for host in sorted(gone)]


def put_back(client: Client) -> str:
    """Undo the last restore over a client: what it put aside takes its place again. Done twice, it is done again.

    Returns the schema where the content of now is kept. Raises BackupError when nothing was put aside.
    """
    schema = client.schema_name
    with explained(), postgres.client_lock(schema):
        kept = swapping.kept_schemas(client.pk)
        if not kept:
            raise BackupError(_("Rien à remettre : « %(code)s » n’a pas été restauré.") % {"code": client.code})
        previous = swapping.swap(client, kept[0])
        _forget(schema)
        return previous


def _forget(schema: str) -> None:
    """Everything that was remembered of the former content. Sessions were emptied beside, these are their copies."""
    with schema_context(schema):
        cache.clear()
    contenttypes.forget(schema)
    forget_hosts()
