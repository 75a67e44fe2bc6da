"""The end of a client, step by step. Nothing is destroyed before a signed receipt and its delay (R29)."""

import datetime as dt
import hashlib
import secrets
import shutil
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context

from backups.errors import BackupError
from backups.keyring import keyring
from backups.models import KEPT, Backup
from backups.retention import kept_until
from core.pdf.typesetter import PdfError
from tenants import contenttypes
from tenants.contracts import granted
from tenants.documents import vendor_storage
from tenants.middleware import forget_hosts
from tenants.models import Client, Domain, State
from tenants.states import set_state
from tenants.storage import media_folder
from vendor.archive import write_archive
from vendor.models import Exit
from vendor.papers import certificate


@transaction.atomic
def begin(client: Client, *, by: str) -> Exit:
    """Close the instance, so that nothing changes under the export. Raises ValidationError while a contract runs."""
    given = granted(client.pk)
    if given is not None and not given.over:
        raise ValidationError(_("Le contrat court encore : la sortie commence après sa fin, fixée par la résiliation."))
    if client.state != State.LEAVING:
        raise ValidationError(_("Seul un client « sur le départ » peut sortir : passez-le d’abord dans cet état."))
    set_state(client, State.CLOSED)
    return Exit.objects.create(client=client, begun_by=by[:160])


class StillWritten(ValidationError):
    """What was under way when the instance was closed is not committed: an archive of now would lack it."""


def being_written(schema: str) -> bool:
    """Whether another connection holds rows of a schema that it wrote and has not committed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks AS held JOIN pg_class AS class ON class.oid = held.relation"
            " WHERE held.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND class.relnamespace = to_regnamespace(%s) AND class.relkind = 'r'"
            " AND held.mode = 'RowExclusiveLock' AND held.granted AND held.pid <> pg_backend_pid())",
            [connection.ops.quote_name(schema)],
        )
        return cursor.fetchone()[0]


def export(exit: Exit) -> None:  # noqa: A002 - the word of the contract
    """Write the archive; its failure is kept with the exit, and it can be made again until the receipt is signed."""
    if not exit.runs or exit.receipt_signed_on:
        raise ValidationError(_("L’export de cette sortie ne se refait plus."))
    if being_written(exit.client.schema_name):
        raise StillWritten(
            _("Une écriture commencée avant la fermeture n’est pas finie : l’export se fait après elle.")
        )
    name = f"exit/{secrets.token_hex(16)}.zip"
    target = Path(vendor_storage.path(name))
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    at, old = timezone.now(), exit.archive
    try:
        made = write_archive(exit.client, target, at=at.isoformat(timespec="seconds"))
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (BackupError, OSError, psycopg.Error) as error:
        target.unlink(missing_ok=True)
        exit.error = str(error).strip()[:2000]
        exit.save(update_fields=["error"])
        raise
    exit.archive, exit.archive_sha256, exit.archive_size = name, digest, target.stat().st_size
    exit.rows = sum(table["rows"] for table in made["tables"].values())
    exit.files, exit.exported_at, exit.error = len(made["files"]), at, ""
    exit.downloaded_at, exit.downloaded_by = None, ""
    exit.save()
    if old:
        vendor_storage.delete(old)


@transaction.atomic
def sign(exit: Exit) -> None:  # noqa: A002
    """Record the signed receipt that the exit now carries: the delay begins. Raises ValidationError."""
    if exit.exported_at is None:
        raise ValidationError(_("Il n’y a pas encore d’export : le reçu vient après."))
    if not (exit.receipt_signatory and exit.receipt_signed_on and exit.receipt_document):
        raise ValidationError(_("Un reçu a un signataire, une date et sa copie numérisée."))
    if exit.receipt_signed_on > timezone.localdate():
        raise ValidationError({"receipt_signed_on": _("Le reçu est signé aujourd’hui ou avant.")})
    exit.destroy_on = timezone.localdate() + dt.timedelta(days=settings.EXIT_DELAY_DAYS)
    exit.clean_fields(exclude=[field.name for field in Exit._meta.fields if not field.name.startswith("receipt_")])
    exit.validate_constraints()
    exit.save()


@transaction.atomic
def stop(exit: Exit, *, reason: str, by: str) -> None:  # noqa: A002
    """Nothing will be destroyed; the instance opens again as one that leaves. Raises ValidationError when late."""
    held = Exit.objects.select_for_update().get(pk=exit.pk)
    if not held.runs:
        raise ValidationError(_("Cette sortie est finie : il n’y a plus rien à arrêter."))
    if not reason.strip():
        raise ValidationError({"stop_reason": _("Dites pourquoi la destruction est arrêtée.")})
    held.stopped_at, held.stopped_by, held.stop_reason = timezone.now(), by[:160], reason.strip()[:200]
    held.save()
    set_state(held.client, State.LEAVING)
    if held.archive:
        transaction.on_commit(lambda: vendor_storage.delete(held.archive))
    exit.refresh_from_db()


@transaction.atomic
def destroy(exit: Exit) -> None:  # noqa: A002
    """Destroy schema, files, hosts and archive, and make the certificate. Raises ValidationError before its time.

    Files first: what fails in between is done again, and no certificate says more than was done.
    """
    held = Exit.objects.select_for_update().get(pk=exit.pk)
    if not held.runs or held.destroy_on is None or held.destroy_on > timezone.localdate():
        raise ValidationError(_("Rien ne se détruit avant le reçu signé et la fin de son délai."))
    client, at, until = held.client, timezone.now(), _backups_until(held.client)
    if media_folder(client.schema_name).exists():
        shutil.rmtree(media_folder(client.schema_name))
    if held.archive:
        vendor_storage.delete(held.archive)
    if client.logo:
        client.logo.delete(save=False)
    keyring().destroy(client.pk)  # what the backups hold is noise from now on, until they go
    tables = _drop(client.schema_name)
    Domain.objects.filter(tenant=client).delete()
    client.logo, client.destroyed_at = "", at
    client.demands_certificate, client.certificate_authorities, client.certificate_fingerprints = False, "", []
    client.save()
    paper = certificate(held, tables=tables, at=at, backups_until=until)
    held.certificate = vendor_storage.save(f"exit/{secrets.token_hex(16)}.pdf", ContentFile(paper))
    held.certificate_sha256 = hashlib.sha256(paper).hexdigest()
    held.destroyed_at, held.destroyed_on = at, timezone.localdate(at)
    held.archive, held.backups_until = "", until
    held.save()
    exit.refresh_from_db()
    transaction.on_commit(lambda: _forget(client.schema_name))


def _drop(schema: str) -> int:
    """Returns how many tables went with the schema."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace(%s)", [schema]
        )
        tables = cursor.fetchone()[0]
        cursor.execute(f"DROP SCHEMA IF EXISTS {connection.ops.quote_name(schema)} CASCADE")
    return tables


def _forget(schema: str) -> None:
    contenttypes.forget(schema)
    forget_hosts()
    with schema_context(schema):
        cache.clear()  # sessions among others; keys begin with the schema


def _backups_until(client: Client) -> dt.date | None:
    """R13: the evening of the last backup's end; None where there is none."""
    last: Any = Backup.objects.of(client_id=client.pk).filter(state__in=KEPT).order_by("-slot").first()
    return kept_until(last.slot) if last else None


def destroy_due() -> list[Exit]:
    """Destroy what is due. One that fails is raised after the others were done. Returns those destroyed."""
    due = Exit.objects.filter(stopped_at=None, destroyed_at=None, destroy_on__lte=timezone.localdate())
    done, failed = [], []
    for exit in due.select_related("client"):  # noqa: A001
        try:
            destroy(exit)
            done.append(exit)
        except (OSError, DatabaseError, PdfError, ValidationError) as error:
            failed.append(f"{exit.client.code}: {error}")
    if failed:
        raise RuntimeError("; ".join(failed))
    return done
