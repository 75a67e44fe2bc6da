"""Files come, are seen, and go: each action is whole or does nothing."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Model, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.attachments.images import thumbnail_of
from core.attachments.kinds import KINDS, Refused, kind_of
from core.attachments.names import clean_name
from core.models import Attachment
from core.place import active_schema
from core.references import about
from core.templatetags.french import size

STAYS = timedelta(hours=72)  # on disk after the deletion: a backup of the evening before may name the file
FOLDER = "files"


def files_of(row: Model) -> QuerySet[Attachment]:
    """The files of a record, newest first."""
    return Attachment.objects.filter(**about(row), deleted_at=None).select_related("author").order_by("-pk")


def attach(row: Model, files: Iterable[Any], *, by: User) -> tuple[list[Attachment], list[str]]:
    """Keep uploaded files on a record. Returns (those kept, why each other was refused). A file is whole or absent."""
    kept, refused = [], []
    for upload in files:
        name = clean_name(upload.name or "")
        try:
            kept.append(_attach(row, upload, name, by))
        except Refused as error:
            refused.append(_("« %(name)s » : %(reason)s") % {"name": name, "reason": error})
    return kept, refused


def too_large(name: str) -> str:
    """What is said of a file that core.uploads did not keep."""
    reason = _("plus de %s, c’est trop pour un fichier.") % size(settings.FILE_MAX_BYTES)
    return _("« %(name)s » : %(reason)s") % {"name": clean_name(name), "reason": reason}


def _attach(row: Model, upload: Any, name: str, by: User) -> Attachment:
    if upload.size > settings.FILE_MAX_BYTES:
        raise Refused(
            _("%(size)s, c’est trop : %(limit)s au plus par fichier.")
            % {"size": size(upload.size), "limit": size(settings.FILE_MAX_BYTES)}
        )
    kind = kind_of(upload.file, name)
    small = thumbnail_of(upload.file) if KINDS[kind].is_image else None
    if "." not in name:
        name = f"{name}.{KINDS[kind].extensions[0]}"
    attachment = Attachment(**about(row), name=name, kind=kind, size=upload.size, author=by)
    attachment.sha256 = _digest(upload.file)
    try:
        with transaction.atomic():
            _one_at_a_time(row)
            total = files_of(row).aggregate(total=Sum("size"))["total"] or 0
            if total + upload.size > settings.FILES_MAX_BYTES_PER_RECORD:
                raise Refused(
                    _("la fiche dépasserait %s de fichiers : supprimez-en d’abord.")
                    % size(settings.FILES_MAX_BYTES_PER_RECORD)
                )
            upload.file.seek(0)
            attachment.file.save(name, File(upload.file), save=False)
            if small:
                attachment.thumbnail.save(name, ContentFile(small), save=False)
            attachment.save()
    except BaseException:
        _unlink(attachment)
        raise
    return attachment


def _one_at_a_time(row: Model) -> None:
    """Two uploads to one record wait for each other: its total is counted right."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"{active_schema()}:files:{row._meta.label_lower}:{row.pk}"],
        )


def _digest(file: Any) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def discard(files: QuerySet[Attachment]) -> int:
    """Delete files: they leave every page at once, the disk after STAYS. Returns how many."""
    return files.filter(deleted_at=None).update(deleted_at=timezone.now())


def sweep() -> int:
    """The daily task's work: off the disk goes what was deleted long enough ago, and what no row names."""
    old = timezone.now() - STAYS
    gone = list(Attachment.objects.filter(deleted_at__lt=old)[:5000])
    for attachment in gone:
        attachment.delete()  # the row first: a file without a row is found again below, the contrary is an error
        _unlink(attachment)
    return len(gone) + _sweep_strays(old)


def _sweep_strays(old: Any) -> int:
    """Files of an upload that died between the disk and the database."""
    try:
        names = [f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]]
    except FileNotFoundError:
        return 0
    known = set(Attachment.objects.values_list("file", flat=True))
    known.update(Attachment.objects.exclude(thumbnail="").values_list("thumbnail", flat=True))
    strays = [name for name in names if name not in known and default_storage.get_modified_time(name) < old]
    for name in strays:
        default_storage.delete(name)
    return len(strays)


def _unlink(attachment: Attachment) -> None:
    for stored in (attachment.file, attachment.thumbnail):
        if stored and stored.name:
            default_storage.delete(stored.name)
