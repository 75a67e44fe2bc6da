"""The archives of backups: made when asked for, a day in the client's folder, handed over a few times, destroyed."""

import hashlib
import logging
import secrets
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context

from backups import archive
from backups.archive import Made
from backups.engine.media import DOWNLOADS
from backups.errors import BackupError
from backups.models import FETCHES, Backup, Download, DownloadFetch
from backups.reach import Reach, reach_of
from backups.restoring import Beside, beside
from backups.rows import check_owner
from core.accounts.models import User
from core.exporting.recording import Origin, begin, finish
from core.models.extractions import Outcome, Way
from core.registry import registry
from tenants.models import Client
from tenants.storage import media_folder

logger = logging.getLogger(__name__)
LIVES = timedelta(hours=24)
LINK_LIVES = 300  # seconds
_PARTIAL = ".partial"
Progress = Callable[[int], None]


def make(
    client: Client, backup: Backup, *, by: User, origin: Origin, total: Progress, advance: Progress
) -> Download:  # fmt: skip
    """The archive of a backup for a person, and the register of what it takes out. Raises BackupError.

    `total`: called once with how many rows and files there are at most; `advance`: n more are written.
    """
    check_owner(client, backup)
    reach = reach_of(by)
    if not reach.lists:
        raise BackupError(_("Vous ne pouvez sortir aucune liste de cette instance : il n’y a rien à télécharger."))
    folder = media_folder(client.schema_name) / DOWNLOADS
    name = f"{secrets.token_hex(16)}.zip"
    partial = folder / (name + _PARTIAL)
    try:
        with beside(backup, client.schema_name) as found:
            _check_space(client, found)
            total(found.made.rows + found.made.file_count)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with partial.open("xb") as file, schema_context(found.scratch):
                made = archive.write(file, found, reach, client.schema_name, advance)
        size = partial.stat().st_size
        with partial.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        partial.replace(folder / name)
        return _recorded(backup, by, origin, reach, made, file=name, size=size, sha256=digest)
    except BaseException:
        partial.unlink(missing_ok=True)
        (folder / name).unlink(missing_ok=True)
        raise


@transaction.atomic
def _recorded(backup: Backup, by: User, origin: Origin, reach: Reach, made: Made, **file: Any) -> Download:
    """The archive's row, and a line in the client's register of extractions for each list. Raises BackupError.

    `file`: its name, size and SHA-256.
    """
    by = User.objects.get(pk=by.pk)  # with the rights of now
    now = reach_of(by)
    if now.keys != reach.keys or not set(now.silent) <= set(reach.silent):
        raise BackupError(_("Vos droits ont changé depuis la demande : rien n’est sorti."))
    for resource in reach.lists:
        rows, length, sha256, columns = made.parts[resource.key()]
        row = begin(
            resource, by, way=Way.EXPORT, origin=origin, format="csv", columns=columns,
            words=_("Sauvegarde n° %(seq)s, archive entière") % {"seq": backup.pk},
        )  # fmt: skip
        finish(row, outcome=Outcome.COMPLETE, rows=rows, size=length, sha256=sha256)
    logger.info("archive of backup %s made for person %s", backup.pk, by.pk)
    return Download.objects.create(
        backup=backup, client_id=backup.client_id, client_code=backup.client_code, asked_by=by.pk, rows=made.rows,
        files=made.files, lists=reach.keys, silent=reach.silent, **file,
    )  # fmt: skip


def _check_space(client: Client, found: Beside) -> None:
    folder = media_folder(client.schema_name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < 2 * found.made.size:
        raise BackupError(_("Il n’y a pas assez de place sur le serveur pour préparer l’archive : prévenez-nous."))


def link(download: Download, user: User) -> str:
    """Where this person gets the archive, for LINK_LIVES seconds."""
    return reverse("backup-archive", args=[_signer(download.client_id).sign(f"{download.pk}-{user.pk}")])


def read(client_id: int, token: str) -> tuple[int, int]:
    """The numbers of the archive and of the person. Raises signing.SignatureExpired or signing.BadSignature."""
    archive_id, _dash, person = _signer(client_id).unsign(token, max_age=LINK_LIVES).partition("-")
    return int(archive_id), int(person)


def _signer(client_id: int) -> signing.TimestampSigner:
    # The client is in the salt: what one client signs is nothing to another.
    return signing.TimestampSigner(salt=f"backups.download.{client_id}")


def still_theirs(download: Download, user: User) -> bool:
    """Whether a person may still take out what the archive holds."""
    now = reach_of(user)
    less = set(download.lists) - set(now.keys) or set(now.silent) - set(download.silent)
    return download.asked_by == user.pk and not less


def is_over(download: Download) -> bool:
    return download.removed_at is not None or download.made_at < timezone.now() - LIVES


def hand_over(download: Download, user: User) -> Path:
    """Note that the archive leaves once more. Raises BackupError when it is over or was handed over often enough."""
    path = media_folder(Client.objects.get(pk=download.client_id).schema_name) / DOWNLOADS / download.file
    if is_over(download) or not path.is_file():
        raise BackupError(_("Cette archive a été détruite, un jour après avoir été préparée : demandez-en une autre."))
    number = download.fetches.count() + 1
    try:
        if number <= FETCHES:
            with transaction.atomic():
                DownloadFetch.objects.create(download=download, number=number, person=user.pk)
            logger.info("archive %s of backup %s leaves, person %s", download.pk, download.backup_id, user.pk)
            return path
    except IntegrityError as error:  # two at the same moment
        raise BackupError(_("Cette archive part déjà : recommencez dans un moment.")) from error
    raise BackupError(_("Cette archive a été remise %(count)s fois : demandez-en une autre.") % {"count": FETCHES})


def sweep() -> int:
    """Off the disk goes what is over, and what killed workers left. Returns how many."""
    count, old = 0, timezone.now() - LIVES
    for client in Client.objects.all():
        folder = media_folder(client.schema_name) / DOWNLOADS
        kept = set(Download.objects.filter(client_id=client.pk, made_at__gte=old).values_list("file", flat=True))
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name not in kept and path.stat().st_mtime < time.time() - LIVES.total_seconds():
                path.unlink(missing_ok=True)
                count += 1
    Download.objects.filter(made_at__lt=old, removed_at=None).update(removed_at=timezone.now())
    return count


def names_of(lists: list[str]) -> list[str]:
    """Lists by their names of today; by their key when the module is gone."""
    return [str(registry.by_label[key].label_plural) if key in registry.by_label else key for key in lists]
