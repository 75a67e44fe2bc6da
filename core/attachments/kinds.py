"""What a file is, told by its content. Its name and what the browser says decide nothing."""

from dataclasses import dataclass
from typing import BinaryIO

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.attachments import archives

_HEAD = 4096
_TEXT_SAMPLE = 256 * 1024


class Refused(Exception):
    """Why a file is not taken, in people's words."""


@dataclass(frozen=True)
class Kind:
    """A sort of file: the extensions that may name it (the first is the usual one) and how it is served."""

    label: str | Promise
    mime: str
    extensions: tuple[str, ...]
    icon: str = "file-text"
    inline: bool = False  # the browser shows it in a page of its own

    @property
    def is_image(self) -> bool:
        return self.mime.startswith("image/")


_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"
KINDS: dict[str, Kind] = {
    "png": Kind(gettext_lazy("Image PNG"), "image/png", ("png",), "eye", inline=True),
    "jpeg": Kind(gettext_lazy("Image JPEG"), "image/jpeg", ("jpg", "jpeg", "jpe", "jfif"), "eye", inline=True),
    "webp": Kind(gettext_lazy("Image WebP"), "image/webp", ("webp",), "eye", inline=True),
    "gif": Kind(gettext_lazy("Image GIF"), "image/gif", ("gif",), "eye", inline=True),
    "pdf": Kind(gettext_lazy("PDF"), "application/pdf", ("pdf",), inline=True),
    "docx": Kind(gettext_lazy("Document Word"), f"{_OOXML}.wordprocessingml.document", ("docx", "dotx")),
    "xlsx": Kind(gettext_lazy("Classeur Excel"), f"{_OOXML}.spreadsheetml.sheet", ("xlsx", "xltx"), "file-spreadsheet"),
    "pptx": Kind(gettext_lazy("Présentation PowerPoint"), f"{_OOXML}.presentationml.presentation", ("pptx", "ppsx")),
    "odt": Kind(gettext_lazy("Document OpenDocument"), f"{_ODF}.text", ("odt", "ott")),
    "ods": Kind(gettext_lazy("Classeur OpenDocument"), f"{_ODF}.spreadsheet", ("ods", "ots"), "file-spreadsheet"),
    "odp": Kind(gettext_lazy("Présentation OpenDocument"), f"{_ODF}.presentation", ("odp", "otp")),
    "doc": Kind(gettext_lazy("Document Word 97"), "application/msword", ("doc", "dot")),
    "xls": Kind(gettext_lazy("Classeur Excel 97"), "application/vnd.ms-excel", ("xls", "xlt"), "file-spreadsheet"),
    "ppt": Kind(gettext_lazy("Présentation PowerPoint 97"), "application/vnd.ms-powerpoint", ("ppt", "pps")),
    "msg": Kind(gettext_lazy("E-mail Outlook"), "application/vnd.ms-outlook", ("msg",), "mail"),
    "eml": Kind(gettext_lazy("E-mail"), "message/rfc822", ("eml",), "mail"),
    "rtf": Kind(gettext_lazy("Texte enrichi"), "application/rtf", ("rtf",)),
    "zip": Kind(gettext_lazy("Archive ZIP"), "application/zip", ("zip",), "package"),
    "csv": Kind(gettext_lazy("Tableau CSV"), "text/csv", ("csv", "tsv"), "file-spreadsheet"),
    "txt": Kind(gettext_lazy("Texte"), "text/plain", ("txt", "md", "log", "ics", "vcf")),
}
_BY_EXTENSION = {extension: name for name, kind in KINDS.items() for extension in kind.extensions}
_TEXTS = {"txt", "csv", "eml"}
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF87a", "gif"), (b"GIF89a", "gif"),
    (b"%PDF-", "pdf"), (b"{\\rtf", "rtf"),
)  # fmt: skip
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"#!")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = (("WordDocument", "doc"), ("Workbook", "xls"), ("PowerPoint Document", "ppt"), ("__substg1.0_", "msg"))
_MARKUP = (b"<!doctype", b"<html", b"<svg", b"<script", b"<?xml", b"<?php", b"<body", b"<iframe", b"<head")


def kind_of(file: BinaryIO, name: str) -> str:
    """The name of the file's kind. Raises Refused for what is not taken, or is not what its extension says."""
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        raise Refused(_("ce fichier est vide."))
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    found = _sniff(file, head, extension)
    if not extension:
        return found
    said = _BY_EXTENSION.get(extension)
    if said is None:
        raise Refused(
            _("les fichiers « .%(extension)s » ne sont pas acceptés (contenu : %(kind)s).")
            % {"extension": extension[:20], "kind": KINDS[found].label}
        )
    if said != found:
        raise Refused(
            _("son nom finit par « .%(extension)s », mais son contenu est : %(kind)s. Renommez-le d’après son contenu.")
            % {"extension": extension, "kind": KINDS[found].label}
        )
    return found


def _sniff(file: BinaryIO, head: bytes, extension: str) -> str:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        raise Refused(_("les photos HEIC et AVIF ne sont pas acceptées : enregistrez-la en JPEG."))
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        try:
            return archives.kind_of(file)
        except archives.Unsafe as error:
            raise Refused(str(error)) from error
    if head.startswith(_OLE):
        return _ole(file)
    if head.startswith(_PROGRAMS):
        raise Refused(_("les programmes et les scripts ne sont pas acceptés."))
    return _text(file, extension)


def _ole(file: BinaryIO) -> str:
    """The old Office formats share one container: the names of its streams tell them apart."""
    file.seek(0)
    content = file.read()
    for stream, name in _OLE_STREAMS:
        if stream.encode("utf-16-le") in content:
            return name
    raise Refused(_("ce fichier n’est pas un document d’un type accepté."))


def _text(file: BinaryIO, extension: str) -> str:
    file.seek(0)
    sample = file.read(_TEXT_SAMPLE)
    start = sample.removeprefix(b"\xef\xbb\xbf").lstrip()[:2048].lower()
    if any(mark in start for mark in _MARKUP):
        raise Refused(_("les pages HTML, les images SVG et les fichiers XML ne sont pas acceptés."))
    if not _is_text(sample):
        raise Refused(
            _("ce type de fichier n’est pas accepté : images, PDF, documents, textes, e-mails et ZIP seulement.")
        )
    said = _BY_EXTENSION.get(extension, "txt")
    if said not in _TEXTS:
        return "txt"
    if said == "eml" and b":" not in start.partition(b"\n")[0]:
        return "txt"
    return said


def _is_text(sample: bytes) -> bool:
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16, as Excel exports it
        return True
    if any(byte < 9 or (13 < byte < 32 and byte != 27) for byte in sample):
        return False
    try:
        sample[: max(len(sample) - 4, 0)].decode("utf-8")
    except UnicodeDecodeError:
        # Windows-1252 leaves five bytes undefined; binary content soon has one.
        return not any(byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) for byte in sample)
    return True
