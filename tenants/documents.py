"""The vendor's own files (contracts, registered letters, certificates): beside the clients', never among them."""

import hashlib
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext as _

from tenants.storage import media_folder

FOLDER = "b2o_vendor"  # no client can have that name: "b2o-" is reserved
_KINDS = {
    b"%PDF-": ("pdf", "application/pdf"),
    b"\x89PNG\r\n\x1a\n": ("png", "image/png"),
    b"\xff\xd8\xff": ("jpg", "image/jpeg"),
}


@deconstructible
class VendorStorage(FileSystemStorage):
    """`MEDIA_ROOT/b2o_vendor/…`; a file's address only answers on ops., to staff (tenants.admin)."""

    @property
    def base_location(self) -> str:
        return str(media_folder(FOLDER))

    @property
    def location(self) -> str:
        return str(Path(self.base_location).absolute())

    def url(self, name: str | None) -> str:
        return f"/admin/documents/{name}"


vendor_storage = VendorStorage()


def kind_of(head: bytes) -> tuple[str, str] | None:
    """(extension, media type) of a scan by its first bytes, or None."""
    return next((kind for magic, kind in _KINDS.items() if head.startswith(magic)), None)


def place_of(instance: Any, filename: str) -> str:
    """A name drawn by lot, in the folder of the model: nothing of the sender's file name is kept."""
    return f"{instance._meta.model_name}/{secrets.token_hex(16)}.{filename.rpartition('.')[2].lower()[:4]}"


def validate_scan(file: Any) -> None:
    """A PDF, PNG or JPEG by its content, within FILE_MAX_BYTES. Raises ValidationError."""
    if file.size > settings.FILE_MAX_BYTES:
        raise ValidationError(_("Ce document dépasse 25 Mo : numérisez-le en plus petit."))
    file.seek(0)
    kind = kind_of(file.read(16))
    file.seek(0)
    if kind is None:
        raise ValidationError(_("Ce fichier n’est ni un PDF, ni une image PNG ou JPEG : numérisez le document."))


def sha256_of(file: Any) -> str:
    """Of an open file; it is left at its beginning."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest
