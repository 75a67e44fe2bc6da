"""An address book: vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), one line of text for each card.

Cards are cut apart here and read one by one by vobject: one that cannot be read does not hide the others.
"""

import codecs
import io
import logging
import re
from collections.abc import Iterable, Iterator
from typing import IO, Any

from django.utils.translation import gettext as _

from core.importing.reading.base import FileError, Layout, Line, Source
from core.text import split_name

TITLES = (
    "Prénom", "Nom", "Société", "Fonction", "E-mail", "Téléphone", "Mobile", "Adresse", "Code postal", "Ville",
    "Site web", "Note", "Étiquettes",
)  # fmt: skip
_LARGEST = 4_000_000  # characters of a card: some hold a photo
_MOBILE = {"CELL", "IPHONE"}
_log = logging.getLogger("vobject")


class Cards(Source):
    def __init__(self, file: IO[bytes], size: int, layout: Layout) -> None:
        super().__init__()
        layout.kind, layout.header, layout.separator = "vcf", 1, ""
        layout.encoding = layout.encoding or _encoding(file)
        self.layout, self._file, self._size, self._read = layout, file, size, 0
        self.name_columns(TITLES)
        self.notes.append(_("Carnet d’adresses : une ligne par carte. Un consentement n’est jamais tiré d’un carnet."))

    @property
    def progress(self) -> int:
        return min(100, self._read * 100 // max(1, self._size))

    def lines(self) -> Iterator[Line]:
        for number, text in self._cut():
            if text is None:
                yield Line(number, [], _("Cette carte n’est pas terminée, ou pèse plus de 4 Mo."))
                continue
            try:
                yield Line(number, _row(text))
            except _unreadable():  # the card is told, the others are read
                _log.info("card at line %d not read", number, exc_info=True)
                yield Line(number, [], _("Cette carte ne se lit pas : exportez-la de nouveau, ou saisissez-la."))

    def _cut(self) -> Iterator[tuple[int, str | None]]:
        """(line where a card begins, its text; None where it has no end)."""
        self._file.seek(0)
        kept: Any = _Kept(self._file)
        reader = io.TextIOWrapper(kept, encoding=self.layout.encoding, errors="replace", newline=None)
        card: list[str] = []
        start = weight = 0
        for number, line in enumerate(reader, start=1):
            self._read += len(line)
            word = line.strip().upper()
            if word == "BEGIN:VCARD":
                if card:
                    yield start, None
                card, start, weight = [line], number, 0
            elif card:
                weight += len(line)
                if weight <= _LARGEST:
                    card.append(line)
                if word == "END:VCARD":
                    yield start, "".join(card) if weight <= _LARGEST else None
                    card = []
        if card:
            yield start, None


class _Kept(io.BufferedIOBase):
    """The file, left open by whoever wraps it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def read1(self, size: int | None = -1, /) -> bytes:
        return self._file.read(65536 if size is None or size < 0 else size)

    def read(self, size: int | None = -1, /) -> bytes:
        return self._file.read(-1 if size is None else size)


def _encoding(file: IO[bytes]) -> str:
    """UTF-8 where the whole file is; else what Windows wrote. Cards that say their CHARSET are put right by it."""
    file.seek(0)
    if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        while block := file.read(65536):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _unreadable() -> tuple[type[Exception], ...]:
    """What the parser raises on a card that is not one: its own errors, and Python's on values of another shape."""
    from vobject.base import VObjectError

    return VObjectError, FileError, ValueError, LookupError, AttributeError, TypeError


def _row(text: str) -> list[str]:
    import vobject  # only where a book is read

    card: Any = vobject.readOne(text, allowQP=True)
    first, last, organisation = *_name(card), _organisation(card)
    if not last:  # a card of a company, or of somebody with one name
        first, last = "", first or organisation
    if not last:
        raise FileError("a card of nobody")
    phones = [(_value(line), _kinds(line)) for line in card.contents.get("tel", [])]
    fixed = [value for value, kinds in phones if value and not kinds & _MOBILE and "FAX" not in kinds]
    mobile = [value for value, kinds in phones if value and kinds & _MOBILE]
    street, code, city = _address(card)
    return [
        first, last, organisation, _first(card, "title") or _first(card, "role"), _preferred(card, "email"),
        *(fixed[:1] or [""]), *(mobile[:1] or [""]), street, code, city, _first(card, "url"), _first(card, "note"),
        ", ".join(_listed(card, "categories")),
    ]  # fmt: skip


def _name(card: Any) -> tuple[str, str]:
    """First and last name; where only the whole is told (4.0 demands no more), its first word and the rest."""
    for line in card.contents.get("n", []):
        name = line.value
        first = " ".join(filter(None, (_flat(name.given), _flat(name.additional))))
        if first or _flat(name.family):
            return first, _flat(name.family)
    return split_name(_first(card, "fn"))


def _organisation(card: Any) -> str:
    for line in card.contents.get("org", []):
        parts = line.value if isinstance(line.value, list) else [line.value]
        if parts and str(parts[0]).strip():
            return _flat(parts[0])
    return ""


def _address(card: Any) -> tuple[str, str, str]:
    for line in card.contents.get("adr", []):
        found = line.value
        return _flat(found.street), _flat(found.code), _flat(found.city)
    return "", "", ""


def _preferred(card: Any, name: str) -> str:
    lines = card.contents.get(name, [])
    chosen = [line for line in lines if "PREF" in _kinds(line)] or lines
    return next((value for line in chosen if (value := _value(line))), "")


def _first(card: Any, name: str) -> str:
    return next((value for line in card.contents.get(name, []) if (value := _value(line))), "")


def _listed(card: Any, name: str) -> Iterable[str]:
    for line in card.contents.get(name, []):
        values = line.value if isinstance(line.value, list) else str(line.value).split(",")
        yield from (value for one in values if (value := _flat(one)))


def _value(line: Any) -> str:
    """A value as text: 4.0 writes "tel:+33-2-98…" and "mailto:…"."""
    text = _flat(line.value)
    return re.sub(r"^(tel|mailto):", "", text, flags=re.IGNORECASE).partition(";ext=")[0]


def _kinds(line: Any) -> set[str]:
    """TYPE=work,voice (3.0, 4.0) and bare CELL;VOICE (2.1), in capitals."""
    named = [value for name, values in line.params.items() if name.upper() == "TYPE" for value in values]
    bare = list(line.singletonparams)
    if any(name.upper() == "PREF" for name in line.params):
        bare.append("PREF")
    return {part.strip().upper() for value in [*named, *bare] for part in value.split(",")}


def _flat(value: Any) -> str:
    """One text of a value that may have several parts."""
    if isinstance(value, list | tuple):
        return ", ".join(text for one in value if (text := _flat(one)))
    return str(value or "").replace("\x00", "").strip()
