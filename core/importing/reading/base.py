"""What every kind of file becomes: a header, and lines of text under it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from core.importing.reading.google import Book

MAX_COLUMNS = 1000
HEAD = 60  # records read to find the header and the separator
REASON = "Motif du refus"
_REASONS = (REASON.casefold(), "motif")  # the second: files of refused lines made before this name


class FileError(Exception):
    """The whole file cannot be imported. The message, in French, says why and what to do."""


class Typed(str):
    """A value that the file itself typed: a figure with a decimal point, a date in ISO order, « vrai » or « faux »."""

    __slots__ = ()


@dataclass(slots=True)
class Line:
    """A line under the header. `number` counts the file's lines from 1; `problem` says why it cannot be read.

    `remarks`: what is odd about it and stops nothing, as (said of the line, said of all such lines). `given`: the cells
    as the file has them, where they were put otherwise.
    """

    number: int
    cells: Sequence[str]
    problem: str = ""
    remarks: list[tuple[str, str]] = field(default_factory=list)
    given: Sequence[str] = ()


@dataclass
class Layout:
    """How to read a file. What a person did not choose is found; kept as JSON on the batch."""

    kind: str = ""  # csv, xlsx, ods or vcf
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    header: int | None = None  # the line of the titles, from 1; 0: there are none; None: to be found
    rows: int = 1  # lines that the titles take

    @classmethod
    def of(cls, given: dict[str, Any] | None) -> "Layout":
        return cls(**(given or {}))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Source:
    """A file open for reading in binary, at its beginning. Building one reads the header; iterating, the lines.

    Both raise FileError. `layout` is complete once built; `notes` are remarks about the whole file; `head` are the
    first lines as they come, for a person to point at the header.
    """

    layout: Layout
    header: list[str]
    notes: list[str]
    sheets: list[str]
    head: list[Line]
    twice: list[str]  # names of columns that several of them have
    book: "Book | None" = None

    def __init__(self) -> None:
        self.header, self.notes, self.sheets, self.head, self.twice = [], [], [], [], []

    @property
    def progress(self) -> int:
        """Percents of the file read so far."""
        raise NotImplementedError

    @property
    def separator(self) -> str:
        """What separates the values of a file of refused lines: as they came, or what Excel takes."""
        return self.layout.separator or ";"

    def lines(self) -> Iterator[Line]:
        """Every line under the header, blank ones left out, of any width."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Line]:
        book, found = self.book, False
        width = len(self.header) - (book.added if book else 0)
        for line in self.lines():
            if any(line.cells) or line.problem:
                found = True
                if not line.problem:
                    _fit(line, width)
                if book is not None and not line.problem:
                    book.settle(line)
                yield line
        if not found:
            raise FileError(
                _("Le fichier n’a qu’une ligne de titres, sans aucune donnée : vérifiez que vous avez le bon fichier.")
            )

    def name_columns(self, names: Sequence[str]) -> None:
        """Take the titles; those that come twice get a number, and are told."""
        if len(names) > MAX_COLUMNS:
            raise FileError(
                _("Ce fichier a %(found)d colonnes, au plus %(max)d ici : gardez celles à importer.")
                % {"found": len(names), "max": MAX_COLUMNS}
            )
        seen: dict[str, int] = {}
        for number, given in enumerate(names, start=1):
            name = given or _("Colonne %d") % number
            key = name.casefold()
            seen[key] = seen.get(key, 0) + 1
            self.header.append(f"{name} ({seen[key]})" if seen[key] > 1 else name)
            if seen[key] == 2:
                self.twice.append(name)
        if self.twice:
            shown = ", ".join(f"« {name[:80]} »" for name in self.twice[:5])
            self.notes.append(_("Titres qui figurent deux fois, et qu’un numéro distingue : %s.") % shown)


def is_reason(name: str) -> bool:
    """Whether a column is the one that a file of refused lines adds."""
    return name.casefold() in _REASONS


def combined(upper: Iterable[str], lower: Sequence[str]) -> list[str]:
    """One title for two lines of them: the lower, with the upper before it where the lower alone says too little."""
    group, whole = "", []
    for above, below in zip(upper, lower, strict=False):
        group = above or group
        whole.append(below if lower.count(below) == 1 and below else f"{group} {below}".strip())
    return whole


def _fit(line: Line, width: int) -> None:
    """Give the line as many cells as the header; one with more or fewer values is a problem."""
    extra = len(line.cells) - width
    if extra > 0 and not any(line.cells[width:]):
        line.cells = line.cells[:width]
    elif extra:
        line.problem = _("%(found)d valeurs au lieu de %(wanted)d : il en manque, ou un séparateur est en trop.") % {
            "found": len(line.cells), "wanted": width,
        }  # fmt: skip
