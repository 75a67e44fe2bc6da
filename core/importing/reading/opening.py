"""The one way into a file: what it is, by its first bytes."""

import codecs
from typing import IO

from django.utils.translation import gettext as _

from core.importing.reading.base import FileError, Layout, Source
from core.importing.reading.delimited import Delimited
from core.importing.reading.google import Book

_ZIP = b"PK\x03\x04"
# What a file says of itself in its first bytes, and what to call it.
_SIGNATURES = (
    (b"PK\x05\x06", "une archive ZIP vide"),
    (b"\xd0\xcf\x11\xe0", "un ancien classeur Excel (XLS), ou un classeur protégé par un mot de passe"),
    (b"%PDF", "un document PDF"),
    (b"\x89PNG", "une image PNG"),
    (b"\xff\xd8\xff", "une photo JPEG"),
    (b"GIF8", "une image GIF"),
    (b"\x7fELF", "un programme"),
    (b"MZ\x90", "un programme"),
    (b"\x1f\x8b", "une archive GZIP"),
    (b"Rar!", "une archive RAR"),
    (b"7z\xbc\xaf", "une archive 7-Zip"),
    (b"{\\rtf", "un document RTF"),
)


def open_source(file: IO[bytes], size: int, layout: Layout | None = None) -> Source:
    """A source over a binary file of `size` bytes. What `layout` leaves open is found. Raises FileError."""
    source = _opened(file, size, layout or Layout())
    source.book = Book.of(source.header)
    return source


def _opened(file: IO[bytes], size: int, layout: Layout) -> Source:
    file.seek(0)
    head = file.read(4096)
    if head.startswith(_ZIP):
        from core.importing.reading.workbook import Workbook

        return Workbook(file, layout)
    if _is_book(head):
        from core.importing.reading.cards import Cards

        return Cards(file, size, layout)
    _refuse_other_kinds(head)
    layout.kind = "csv"
    return Delimited(file, size, layout)


def _is_book(head: bytes) -> bool:
    """An address book begins with a card, in any encoding."""
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = head.replace(b"\x00", b"")[2:] if wide else head.removeprefix(codecs.BOM_UTF8)
    return text.lstrip()[:12].upper().startswith(b"BEGIN:VCARD")


def _refuse_other_kinds(head: bytes) -> None:
    """Raise FileError for what is plainly not text."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            raise FileError(
                _("Ce fichier est %s : ouvrez-le, puis enregistrez la feuille à importer en XLSX ou en « CSV UTF-8 ».")
                % kind
            )
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise FileError(_("Ce fichier est une page ou du XML, pas un tableau : enregistrez-le en XLSX ou en CSV."))
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or head.count(0) > len(head) // 3
    controls = sum(byte < 9 for byte in head if byte)
    if (not wide and b"\x00" in head.split(b"\n", 1)[0]) or controls > len(head) // 50 + 1:
        raise FileError(
            _("Ce fichier n’est pas du texte : choisissez un fichier CSV, Excel (XLSX), ODS ou vCard (VCF).")
        )
