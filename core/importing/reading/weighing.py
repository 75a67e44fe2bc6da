"""What a workbook would take of memory, before the reader opens it: its directory, and how far its cells reach.

The reader makes a table as large as the furthest cells: one stray cell must not make it of a billion.
"""

import re
import zipfile
from typing import IO, Any
from xml.parsers import expat

from django.conf import settings
from django.utils.translation import gettext as _

from core.attachments import archives
from core.importing.reading.base import FileError

_CELL = re.compile(rb'<(?:\w+:)?c\s(?:[^<>]*?\s)?r="([A-Z]{1,3})')
_ROW = re.compile(rb'<(?:\w+:)?row\s(?:[^<>]*?\s)?r="(\d{1,10})"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>]")
_BLOCK = 1024 * 1024
_OVERLAP = 512  # a tag cut by the end of a block
_SHEETS = {"xlsx": re.compile(r"xl/worksheets/.*\.xml"), "ods": re.compile(r"content\.xml")}
_FIGURES = 9  # of a repetition; more is nobody's table


def weigh(file: IO[bytes]) -> tuple[str, int]:
    """(kind: xlsx or ods, how many formulas). Raises FileError for what would fill the memory, or is no workbook."""
    try:
        kind = archives.kind_of(file)  # type: ignore[arg-type]
    except archives.Unsafe as error:
        raise FileError(_("Ce classeur est refusé : %s") % error) from error
    if kind not in _SHEETS:
        raise FileError(
            _("Ce fichier est une archive, pas un classeur Excel : enregistrez la feuille en XLSX ou en CSV.")
        )
    formulas = 0
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > settings.IMPORT_MAX_UNPACKED:
            raise FileError(_("Ce classeur est trop gros une fois ouvert : gardez la seule feuille à importer, ou "
                              "envoyez-la en CSV."))  # fmt: skip
        for entry in archive.infolist():
            if _SHEETS[kind].fullmatch(entry.filename):
                try:
                    with archive.open(entry) as sheet:
                        formulas += _measure(sheet) if kind == "xlsx" else _OpenDocument().measure(sheet)
                except _BROKEN as error:
                    raise FileError(_("Ce classeur est abîmé : enregistrez-en une copie, puis envoyez-la.")) from error
    return kind, formulas


_BROKEN = (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, expat.ExpatError)


def _within(rows: int, columns: int) -> None:
    if columns * rows > settings.IMPORT_MAX_CELLS:
        raise FileError(
            _("Cette feuille s’étend sur %(rows)s lignes et %(columns)s colonnes, bien plus que ses données : "
              "supprimez les lignes et colonnes vides, ou envoyez-la en CSV.") % {"rows": rows, "columns": columns}
        )  # fmt: skip


def _measure(sheet: IO[bytes]) -> int:
    """How many formulas a sheet of an XLSX has."""
    column = row = formulas = rows = 0
    tail = b""
    while block := sheet.read(_BLOCK):
        text = tail + block
        for letters in set(_CELL.findall(text)):
            column = max(column, _place(letters))
        found = _ROW.findall(text)
        rows += len(found)
        row = max(row, *map(int, found)) if len(found) > 1 else max([row, *map(int, found)])
        formulas += len(_FORMULA.findall(block))
        tail = block[-_OVERLAP:]
    _within(row, column)
    return formulas


def _place(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


class _OpenDocument:
    """How far the cells of an ODS reach: they say how many times they and their rows are repeated."""

    def __init__(self) -> None:
        self.formulas = 0
        self._row = self._height = self._width = 0  # rows so far, the last that holds something, the widest
        self._column = self._filled = 0  # of the row being read
        self._times = 1  # that the row is repeated
        self._cell: list[int] = []  # how many times the open cell is repeated

    def measure(self, sheet: IO[bytes]) -> int:
        """How many formulas. Raises ExpatError, ValueError, FileError."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = self._doctype
        while block := sheet.read(_BLOCK):
            parser.Parse(block)
        parser.Parse(b"", True)
        return self.formulas

    def _doctype(self, *args: Any) -> None:
        raise ValueError("an ODS has no document type: its entities could grow without end")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        if name == "table":
            self._row = self._height = self._width = 0
        elif name == "table-row":
            self._times = _times(attributes, "number-rows-repeated")
            self._column = self._filled = 0
        elif name in ("table-cell", "covered-table-cell"):
            times = _times(attributes, "number-columns-repeated")
            self._column += times
            self._cell.append(times)
            said = {key.rpartition(" ")[2] for key in attributes}
            if "formula" in said:
                self.formulas += times
            if said & {"formula", "value-type"}:
                self._fill()
        elif self._cell:
            self._fill()

    def _fill(self) -> None:
        """The open cell holds something: the reader keeps it, each time that it is repeated."""
        self._filled = self._column
        _within(1, self._filled)

    def _end(self, name: str) -> None:
        name = name.rpartition(" ")[2]
        if name in ("table-cell", "covered-table-cell"):
            self._cell.pop()
        elif name == "table-row":
            self._row += self._times
            if self._filled:
                self._height, self._width = self._row, max(self._width, self._filled)
                _within(self._height, self._width)


def _times(attributes: dict[str, str], name: str) -> int:
    text = next((value for key, value in attributes.items() if key.rpartition(" ")[2] == name), "1")
    if not (text.isascii() and text.isdigit() and len(text) <= _FIGURES):
        raise ValueError(text)
    return max(1, int(text))
