"""ZIP files, and the office documents that are ZIP files: read by their directory, never unpacked."""

import struct
import zipfile
from typing import BinaryIO

from django.utils.translation import gettext as _

MAX_ENTRIES = 10_000
MAX_UNPACKED = 1_000_000_000  # bytes in all
MAX_RATIO = 200  # unpacked over packed, once it unpacks to more than _SMALL
_SMALL = 20_000_000
_END = b"PK\x05\x06"
_OFFICE = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))
_OPEN = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
_ODF = b"application/vnd.oasis.opendocument."


class Unsafe(Exception):
    """Why an archive is refused, in people's words."""


def kind_of(file: BinaryIO) -> str:
    """ "zip", or the office format that it is. Raises Unsafe."""
    size = _size(file)
    if _entries_said(file, size) > MAX_ENTRIES:
        raise Unsafe(_("cette archive contient trop de fichiers (%d au plus).") % MAX_ENTRIES)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _weigh(entries, size)
            return _format(archive, {entry.filename for entry in entries})
    except (zipfile.BadZipFile, struct.error, ValueError, EOFError, NotImplementedError, UnicodeError) as error:
        raise Unsafe(_("cette archive est abîmée.")) from error


def _size(file: BinaryIO) -> int:
    file.seek(0, 2)
    return file.tell()


def _entries_said(file: BinaryIO, size: int) -> int:
    """How many entries its end claims, before a directory of half a million is read into memory."""
    file.seek(max(0, size - 66_000))
    tail = file.read()
    place = tail.rfind(_END)
    if place < 0 or place + 12 > len(tail):
        raise Unsafe(_("cette archive est abîmée."))
    said = struct.unpack("<H", tail[place + 10 : place + 12])[0]
    # Its directory cannot hold more than its length allows, whatever the number says.
    length = struct.unpack("<I", tail[place + 12 : place + 16])[0] if place + 16 <= len(tail) else 0
    return max(said, length // 512)


def _weigh(entries: list[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise Unsafe(_("cette archive contient trop de fichiers (%d au plus).") % MAX_ENTRIES)
    unpacked = sum(entry.file_size for entry in entries)
    # Entries that overlap say more packed bytes than there are: the file's own size is the measure.
    packed = max(1, min(size, sum(entry.compress_size for entry in entries)))
    if unpacked > MAX_UNPACKED or (unpacked > _SMALL and unpacked / packed > MAX_RATIO):
        raise Unsafe(_("cette archive grossirait démesurément une fois ouverte : elle est refusée."))


def _format(archive: zipfile.ZipFile, names: set[str]) -> str:
    if "[Content_Types].xml" in names:
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise Unsafe(_("les documents qui contiennent des macros ne sont pas acceptés."))
        for prefix, found in _OFFICE:
            if any(name.startswith(prefix) for name in names):
                return found
    if "mimetype" in names:
        with archive.open("mimetype") as entry:
            said = entry.read(100)
        if said.startswith(_ODF):
            return _OPEN.get(said.removeprefix(_ODF).decode("ascii", "replace").partition("-")[0].strip(), "zip")
    return "zip"
