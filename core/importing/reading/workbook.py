"""A workbook (XLSX, ODS), weighed before the reader opens it."""

import datetime as dt
from collections.abc import Iterator
from typing import IO, Any

from django.utils.translation import gettext as _

from core.importing.reading.base import HEAD, FileError, Layout, Line, Source, Typed, combined
from core.importing.reading.headers import find_header
from core.importing.reading.weighing import weigh


class Workbook(Source):
    def __init__(self, file: IO[bytes], layout: Layout) -> None:
        super().__init__()
        self.layout = layout
        self._done = 0
        layout.kind, formulas = weigh(file)
        self._sheet = self._open(file)
        if formulas:
            self.notes.append(_("Ce classeur a des formules : leur dernier résultat enregistré est importé."))
        start: tuple[int, int] | None = self._sheet.start
        self._top = start[0] if start else 0
        self._rows = self._sheet.iter_rows()
        self._take_header()

    @property
    def progress(self) -> int:
        return min(100, self._done * 100 // max(1, self._sheet.height))

    def lines(self) -> Iterator[Line]:
        yield from self._early
        while (line := self._next()) is not None:
            yield line

    def _open(self, file: IO[bytes]) -> Any:
        from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

        file.seek(0)
        try:
            book = CalamineWorkbook.from_filelike(file)
            self.sheets = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
            ]
            if not self.sheets:
                raise FileError(_("Ce classeur n’a aucune feuille visible : affichez celle à importer."))
            first = None
            for name in [self.layout.sheet] if self.layout.sheet in self.sheets else self.sheets:
                sheet = book.get_sheet_by_name(name)
                if first is None and sheet.height:
                    first = sheet
                if sheet.height > 1:  # titles and a line; a sheet of one line is a notice
                    first = sheet
                    break
            if first is not None:
                self.layout.sheet = first.name
                return first
        except CalamineError as error:
            raise FileError(
                _("Ce classeur est abîmé ou protégé par un mot de passe : ouvrez-le, enregistrez-en une copie, "
                  "puis envoyez-la.")
            ) from error  # fmt: skip
        raise FileError(_("Ce classeur est vide : choisissez un fichier avec une ligne de titres et des données."))

    def _take_header(self) -> None:
        while len(self.head) < HEAD and (line := self._next()) is not None:
            self.head.append(line)
        layout = self.layout
        if layout.header is None:
            index, layout.rows = find_header([line.cells for line in self.head])
            layout.header = self.head[index].number if index >= 0 else 0
        if layout.header == 0:
            self.name_columns([_("Colonne %d") % (number + 1) for number in range(self._sheet.width)])
            self._early = self.head
            return
        start = next((i for i, line in enumerate(self.head) if line.number >= layout.header), len(self.head))
        titles = [[name.strip() for name in line.cells] for line in self.head[start : start + layout.rows]]
        if not titles or not any(titles[-1]):
            raise FileError(_("La ligne %d n’a pas de titres : choisissez-en une autre.") % layout.header)
        self.name_columns(combined(titles[0], titles[1]) if len(titles) == 2 else titles[0])
        self._early = self.head[start + layout.rows :]
        if any(any(line.cells) for line in self.head[:start]):
            self.notes.append(_("Ce qui précède la ligne de titres (ligne %d) n’est pas importé.") % layout.header)
        if layout.rows == 2:
            self.notes.append(_("Les titres tiennent sur deux lignes (%(a)d et %(b)d).") % {
                "a": layout.header, "b": layout.header + 1,
            })  # fmt: skip

    def _next(self) -> Line | None:
        values = next(self._rows, None)
        if values is None:
            return None
        self._done += 1
        return Line(self._top + self._done, [_text(value) for value in values])


def _text(value: Any) -> str:
    """A cell as text; what the workbook typed stays told from what somebody wrote."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, bool):
        return Typed("vrai" if value else "faux")
    if isinstance(value, int | float):
        whole = int(value) if value == value and abs(value) < 1e18 else value
        return Typed(whole if whole == value else repr(value))
    if isinstance(value, dt.datetime):
        bare = value.time() == dt.time() and value.tzinfo is None
        return Typed((value.date() if bare else value).isoformat())
    return Typed(value.isoformat() if isinstance(value, dt.date | dt.time) else value)
