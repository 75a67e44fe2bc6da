"""The vendor's own files (contracts, registered letters, certificates): beside the clients', never among them."""

import hashlib
import io
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext as _
from PIL import Image

from tenants.storage import media_folder

FOLDER = "b2o_vendor"  # no client can have that name: "b2o-" is reserved
_LOGO_BYTES, _LOGO_SIDE = 1_000_000, 4000
_KINDS = {
    b"%PDF-": ("pdf", "application/pdf"),
    b"\x89PNG\r\n\x1a\n": ("png", "image/png"),
    b"\xff\xd8\xff": ("jpg", "image/jpeg"),
}


@deconstructible
class VendorStorage(FileSystemStorage):
    """`MEDIA_ROOT/b2o_vendor/…`; a file's address only answers on ops., to staff (vendor.admin)."""

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


def validate_logo(file: Any) -> None:
    """A PNG, JPEG or WebP that decodes, up to 1 MB and 4,000 pixels a side. Raises ValidationError."""
    refused = ValidationError(_("Ce logo ne se lit pas : envoyez une image PNG, JPEG ou WebP d’1 Mo au plus."))
    if file.size > _LOGO_BYTES:
        raise refused
    file.seek(0)
    try:
        with Image.open(file, formats=("PNG", "JPEG", "WEBP")) as image:
            if max(image.size) > _LOGO_SIDE:
                raise refused
            image.load()
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise refused from error
    finally:
        file.seek(0)


def small_logo(file: Any) -> ContentFile:
    """The logo as every page shows it: decoded and drawn anew as a PNG of 192 pixels, so that nothing else is left."""
    with Image.open(file, formats=("PNG", "JPEG", "WEBP")) as image:
        drawn = image.convert("RGBA")
    drawn.thumbnail((192, 192))
    out = io.BytesIO()
    drawn.save(out, "PNG", optimize=True)
    return ContentFile(out.getvalue(), name="logo.png")


def sha256_of(file: Any) -> str:
    """Of an open file; it is left at its beginning."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest
