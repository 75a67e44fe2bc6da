"""A delimited text file. Read line by line, never held in memory."""

import codecs
import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import IO

from django.utils.translation import gettext as _

from core.importing.reading import encodings
from core.importing.reading.base import HEAD, FileError, Layout, Line, Source, combined
from core.importing.reading.headers import find_header

MAX_LINE = 1024 * 1024  # bytes of one physical line; SIRENE's longest are under 2 KB
SEPARATORS = {";": "point-virgule", ",": "virgule", "\t": "tabulation", "|": "barre verticale"}
_UNREADABLE = "\ufffd"
_BLOCK = 64 * 1024
_SHOWN = 5


class Delimited(Source):
    """`size` in bytes."""

    def __init__(self, file: IO[bytes], size: int, layout: Layout) -> None:
        super().__init__()
        self._file, self.size, self.layout = file, size, layout
        self.read = 0  # bytes so far
        self._number = 0  # physical lines so far
        self._strays: frozenset[int] = frozenset()
        self._settle_encoding()
        text = self._text()
        first = list(itertools.islice(text, HEAD * 3))
        if not any(line.strip() for line in first):
            raise FileError(
                _("Le fichier est vide. Choisissez un fichier CSV ou Excel, avec une ligne de titres et des données.")
            )
        layout.separator = layout.separator or find_separator(first)
        self._ahead = len(first)
        self._number = 0
        self._rows = csv.reader(self._counted(itertools.chain(first, text)), delimiter=layout.separator, strict=True)
        self._take_header()

    @property
    def progress(self) -> int:
        return min(100, self.read * 100 // self.size) if self.size else 100

    def lines(self) -> Iterator[Line]:
        yield from self._early
        while (line := self._next()) is not None:
            yield line

    # --- the header -----------------------------------------------------------------------------------------------
    def _take_header(self) -> None:
        while len(self.head) < HEAD and (line := self._next(header=not self.head)) is not None:
            self.head.append(line)
        layout = self.layout
        if layout.header is None:
            index, layout.rows = find_header([() if line.problem else line.cells for line in self.head])
            layout.header = self.head[index].number if index >= 0 else 0
        start = next((i for i, line in enumerate(self.head) if line.number >= layout.header and _is_row(line)), 0)
        if not self.head:
            raise FileError(_("Le fichier est vide."))
        if layout.header == 0:
            width = max(len(line.cells) for line in self.head)
            self.name_columns([_("Colonne %d") % (number + 1) for number in range(width)])
            self._early = self.head
            return
        titles = [[name.strip() for name in line.cells] for line in self.head[start : start + layout.rows]]
        if not titles or not titles[-1]:
            raise FileError(_("La ligne %d n’a pas de titres : choisissez-en une autre.") % layout.header)
        self.name_columns(combined(titles[0], titles[1]) if len(titles) == 2 else titles[0])
        self._early = self.head[start + layout.rows :]
        if any(_is_row(line) for line in self.head[:start]):
            self.notes.append(_("Ce qui précède la ligne de titres (ligne %d) n’est pas importé.") % layout.header)
        if layout.rows == 2:
            self.notes.append(_("Les titres tiennent sur deux lignes (%(a)d et %(b)d).") % {
                "a": layout.header, "b": self.head[start + 1].number,
            })  # fmt: skip

    def _next(self, *, header: bool = False) -> Line | None:
        start = self._number + 1
        try:
            cells = next(self._rows)
        except StopIteration:
            return None
        except csv.Error as error:
            return self._malformed(str(error), start, header)
        line = Line(start, cells)
        if self._strays and any(number in self._strays for number in range(start, self._number + 1)):
            said = _("Ligne dans un autre encodage que le reste : vérifiez ses accents.")
            line.remarks.append((said, said))
        if any(_UNREADABLE in cell for cell in cells):
            line.problem = _(
                "Caractère illisible : enregistrez le fichier en « CSV UTF-8 », puis corrigez cette ligne."
            )
        return line

    def _malformed(self, error: str, start: int, header: bool) -> Line:
        if header and "field larger" not in error:
            raise FileError(
                _("La ligne de titres (ligne %d) est mal formée : vérifiez ses guillemets et ses fins de ligne.")
                % start
            ) from None
        if "expected after" in error:
            return Line(start, (), _("Guillemet mal placé : dans une valeur entre guillemets, doublez-le."))
        if "new-line" in error:
            return Line(start, (), _("Retour chariot au milieu d’une valeur : enlevez-le."))
        if "field larger" in error and self._number == start:
            raise FileError(_too_long(start)) from None
        raise FileError(
            _("Le guillemet ouvert à la ligne %d n’est jamais refermé : corrigez cette ligne puis renvoyez.") % start
        ) from None

    # --- text -----------------------------------------------------------------------------------------------------
    def _settle_encoding(self) -> None:
        found = encodings.find(self._file)
        if self.layout.encoding:
            same = self.layout.encoding == found.name
            found = encodings.Encoding(self.layout.encoding, found.skip, found.strays if same else [])
        self.layout.encoding, self._skip, self._strays = found.name, found.skip, frozenset(found.strays)
        if found.name.startswith("utf-32"):
            raise FileError(_("Ce fichier est en UTF-32 : enregistrez-le en « CSV UTF-8 » puis renvoyez-le."))
        if found.strays:
            shown = ", ".join(map(str, found.strays[:_SHOWN])) + (", …" if len(found.strays) > _SHOWN else "")
            self.notes.append(
                _("Deux encodages se mêlent dans ce fichier : UTF-8, et Windows-1252 aux lignes %s. Chacune est lue "
                  "dans le sien ; vérifiez leurs accents.") % shown
            )  # fmt: skip
        self._file.seek(found.skip)

    def _counted(self, lines: Iterator[str]) -> Iterator[str]:
        """The same lines, counted as the CSV reader takes them: the first were read ahead to find the separator."""
        for line in lines:
            self._number += 1
            yield line

    def _text(self) -> Iterator[str]:
        """Physical lines with their ends."""
        head = self._file.read(_BLOCK)
        self._file.seek(self._skip)
        wide = self.layout.encoding.startswith("utf-16")
        old_mac = not wide and b"\r" in head and b"\n" not in head
        for number, line in enumerate(self._blocks() if wide or old_mac else self._plain(), start=1):
            if "\x00" in line:
                raise FileError(
                    _("La ligne %d contient des octets nuls, pas du texte : enregistrez en « CSV UTF-8 ».") % number
                )
            yield line

    def _plain(self) -> Iterator[str]:
        encoding, strays = self.layout.encoding, self._strays
        number = 0
        while raw := self._file.readline(MAX_LINE + 1):
            number += 1
            self.read += len(raw)
            if len(raw) > MAX_LINE:
                raise FileError(_too_long(number))
            yield raw.decode("cp1252" if number in strays else encoding, "replace")

    def _blocks(self) -> Iterator[str]:
        """For encodings whose line ends are not one byte, and for ends that are a lone carriage return."""
        decoder = codecs.getincrementaldecoder(self.layout.encoding)("replace")
        rest, number = "", 0
        while block := self._file.read(_BLOCK):
            self.read += len(block)
            *whole, rest = re.split(r"(?<=\n)|(?<=\r)(?!\n)", rest + decoder.decode(block))
            if rest == "" and whole and whole[-1].endswith("\r"):
                rest = whole.pop()  # its line feed may come with the next block
            for line in whole:
                number += 1
                yield line[:-1] + "\n" if line.endswith("\r") else line
            if len(rest) > MAX_LINE:
                raise FileError(_too_long(number + 1))
        rest += decoder.decode(b"", final=True)
        if rest:
            yield rest


def find_separator(lines: list[str]) -> str:
    """The separator that cuts most lines into the same number of values; a comma when none cuts any."""

    def score(separator: str) -> tuple[int, int]:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if row)
        except csv.Error:  # an over-long field, said better when the file is read
            first = next((line for line in lines if line.strip()), "")
            return (1, first.count(separator)) if separator in first else (0, 0)
        cut = [(count, width) for width, count in widths.items() if width > 1]
        return max(cut, default=(0, 0))

    best = max(SEPARATORS, key=score)
    return best if score(best) > (0, 0) else ","


def _is_row(line: Line) -> bool:
    return any(cell.strip() for cell in line.cells)


def _too_long(number: int) -> str:
    return _("La ligne %d est trop longue (plus de 100 000 caractères) : vérifiez que c’est bien un CSV.") % number
