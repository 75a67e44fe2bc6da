"""The file: its encoding, separator, header and lines. Read once, never held in memory."""

import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

MAX_LINE = 1024 * 1024  # bytes of one physical line; SIRENE's longest are under 2 KB
SEPARATORS = ",;\t"
_BOM = b"\xef\xbb\xbf"
# What a file says of itself in its first bytes, and what to call it.
_SIGNATURES = (
    (b"PK\x03\x04", "un classeur Excel (XLSX) ou une archive ZIP"),
    (b"\xd0\xcf\x11\xe0", "un ancien classeur Excel (XLS)"),
    (b"%PDF", "un document PDF"),
    (b"\x89PNG", "une image PNG"),
    (b"\xff\xd8\xff", "une photo JPEG"),
    (b"GIF8", "une image GIF"),
    (b"\x7fELF", "un programme"),
    (b"\x1f\x8b", "une archive GZIP"),
)


class FileError(Exception):
    """The whole file cannot be imported. The message, in French, says why and what to do."""


@dataclass(slots=True)
class Line:
    """A line under the header. `number` counts the file's lines from 1; `problem` says why it cannot be read."""

    number: int
    cells: Sequence[str]
    problem: str = ""


@dataclass
class Source:
    """A delimited text file open for reading in binary, at its beginning; `size` in bytes.

    Building one reads the header. Raises FileError then, and while lines are read.
    """

    file: Any
    size: int
    header: list[str] = field(default_factory=list)
    separator: str = ","
    read: int = 0  # bytes so far
    _number: int = 0

    def __post_init__(self) -> None:
        _refuse_other_kinds(self.file.read(4096))
        self.file.seek(0)
        lines = self._lines()
        first = next((line for line in lines if line.strip()), None)
        if first is None:
            raise FileError(
                _("Le fichier est vide. Choisissez un fichier CSV avec une ligne de titres et des données.")
            )
        self.separator = max(SEPARATORS, key=first.count)
        self._rows = csv.reader(itertools.chain([first], lines), delimiter=self.separator, strict=True)
        try:
            self.header = [name.strip() for name in next(self._rows)]
        except csv.Error:
            raise FileError(
                _("La ligne de titres (ligne %d) est mal formée : vérifiez ses guillemets et ses fins de ligne.")
                % self._number
            ) from None
        self._refuse_twice()

    @property
    def progress(self) -> int:
        """Percents of the file read so far."""
        return min(100, self.read * 100 // self.size) if self.size else 100

    def __iter__(self) -> Iterator[Line]:
        width, found = len(self.header), False
        while (line := self._next()) is not None:
            if line.cells or line.problem:
                found = True
                yield line if line.problem else _fitted(line, width)
        if not found:
            raise FileError(
                _("Le fichier n’a qu’une ligne de titres, sans aucune donnée : vérifiez que vous avez le bon fichier.")
            )

    def _next(self) -> Line | None:
        start = self._number + 1
        try:
            return Line(start, next(self._rows))
        except StopIteration:
            return None
        except csv.Error as error:
            if "expected after" in str(error):
                return Line(start, (), _("Guillemet mal placé : dans une valeur entre guillemets, doublez-le."))
            if "new-line" in str(error):
                return Line(start, (), _("Retour chariot au milieu d’une valeur : enlevez-le."))
            if "field larger" in str(error) and self._number == start:
                raise FileError(_too_long(start)) from None
            raise FileError(
                _("Le guillemet ouvert à la ligne %d n’est jamais refermé : corrigez cette ligne puis renvoyez.")
                % start
            ) from None

    def _lines(self) -> Iterator[str]:
        while raw := self.file.readline(MAX_LINE + 1):
            self._number += 1
            self.read += len(raw)
            if len(raw) > MAX_LINE:
                raise FileError(_too_long(self._number))
            if b"\x00" in raw:
                raise FileError(
                    _("La ligne %d contient des octets nuls, pas du texte : enregistrez en « CSV UTF-8 ».")
                    % self._number
                )
            try:
                yield (raw.removeprefix(_BOM) if self._number == 1 else raw).decode()
            except UnicodeDecodeError:
                raise FileError(
                    _("La ligne %d n’est pas en UTF-8 : dans le tableur, enregistrez le fichier en « CSV UTF-8 ».")
                    % self._number
                ) from None

    def _refuse_twice(self) -> None:
        seen: set[str] = set()
        for name in filter(None, self.header):
            if name.casefold() in seen:
                raise FileError(
                    _("La colonne « %s » figure deux fois dans la ligne de titres : gardez-en une seule.") % name[:80]
                )
            seen.add(name.casefold())


def _refuse_other_kinds(head: bytes) -> None:
    """Raise FileError for what is plainly not text."""
    if not head.strip(b" \t\r\n").removeprefix(_BOM):
        return  # said better by the reader of lines
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            raise FileError(
                _("Ce fichier est %s, pas un fichier CSV : ouvrez-le puis enregistrez-le en « CSV UTF-8 ».") % kind
            )
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileError(_("Ce fichier est en UTF-16 : enregistrez-le en « CSV UTF-8 » puis renvoyez-le."))
    if b"\x00" in head.split(b"\n", 1)[0]:
        raise FileError(_("Ce fichier n’est pas du texte : choisissez un fichier CSV."))


def _too_long(number: int) -> str:
    return _("La ligne %d est trop longue (plus de 100 000 caractères) : vérifiez que c’est bien un CSV.") % number


def _fitted(line: Line, width: int) -> Line:
    """The line with as many cells as the header; one with more or fewer values is a problem."""
    extra = len(line.cells) - width
    if extra > 0 and not any(line.cells[width:]):
        return Line(line.number, line.cells[:width])
    if extra:
        line.problem = _("%(found)d valeurs au lieu de %(wanted)d : il en manque, ou un séparateur est en trop.") % {
            "found": len(line.cells), "wanted": width,
        }  # fmt: skip
    return line
