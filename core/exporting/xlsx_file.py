"""XLSX: real dates and numbers, text always as text, nothing held in memory.

xlsxwriter makes the workbook; the cells of its rows are written here, a batch at a time. Its own way, cell by cell,
takes six times as long (README.md).
"""

import datetime as dt
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet
from xlsxwriter.xmlwriter import XMLwriter

from core.exporting.plan import Plan
from core.exporting.values import DATE, MOMENT, NUMBER, TEXT, Out, Values

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS = 1_048_576  # of a sheet, its header among them; what is beyond goes to another sheet
_LONGEST = 32_767  # characters of a cell
_EXACT = 10**15  # a spreadsheet keeps fifteen digits: larger numbers are written as text
_EPOCH = dt.datetime(1899, 12, 30)
_FIRST_DATE = dt.date(1900, 3, 1)  # before it spreadsheets count a day that never was
_ODD = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|^\s|\s$")
_WIDTHS = {NUMBER: 14, DATE: 12, MOMENT: 17}


class _Sheet(Worksheet):
    """A worksheet of xlsxwriter's constant-memory mode that takes whole rows, already written."""

    def begin(self) -> None:
        """Write the header's row out: what follows goes under it."""
        self._write_single_row(1)

    def add(self, columns: list[list[str]], first: int) -> None:
        """Cells column by column; `first`: the number of their first row, from 1."""
        rows = enumerate(zip(*columns, strict=True), first)
        self.row_data_fh.write("".join([f'<row r="{number}">{"".join(cells)}</row>' for number, cells in rows]))
        self.dim_rowmax, self.dim_colmax = first + len(columns[0]) - 2, len(columns) - 1


def write(
    plan: Plan, file: IO[bytes], *, folder: Path | None = None, advance: Callable[[int], None] | None = None
) -> int:
    """Write the workbook; returns the number of rows. `folder`: for the rows on their way. `advance(rows more)`."""
    book = Workbook(file, {"constant_memory": True, "tmpdir": str(folder) if folder else None})
    book.set_properties(
        {
            "title": plan.resource.label_plural,
            "subject": plan.words,
            "author": plan.user.get_full_name(),
            "comments": _("Données personnelles : %s") % settings.DPO_EMAIL,
        }
    )
    styles = _Styles(book)
    sheet, total, line = None, 0, 0
    for batch in plan.batches():
        size = len(batch[0])
        if sheet is None or line + size > ROWS:
            _close(sheet, plan, line)
            sheet, line = _open(book, plan, styles, batch), 1
        columns = [
            _cells(out, values, xl_col_to_name(place), line + 1, styles)
            for place, (out, values) in enumerate(zip(plan.columns, batch, strict=True))
        ]
        sheet.add(columns, line + 1)
        line, total = line + size, total + size
        if advance:
            advance(size)
    if sheet is None:
        sheet, line = _open(book, plan, styles, [[] for _out in plan.columns]), 1
    _close(sheet, plan, line)
    book.close()
    return total


class _Styles:
    """The workbook's formats, and the number of each as cells quote it."""

    def __init__(self, book: Workbook) -> None:
        self._book, self._known = book, {}  # type: ignore[var-annotated]
        self.header = book.add_format({"bold": True, "bg_color": "#EEF0F4", "bottom": 1, "bottom_color": "#9AA3B2"})

    def of(self, out: Out) -> Any:
        # "@": a text that begins with "=" stays text when somebody edits its cell, and a SIRET keeps its digits.
        wanted = {TEXT: "@", DATE: "dd/mm/yyyy", MOMENT: "dd/mm/yyyy hh:mm"}.get(out.kind)
        wanted = wanted or ("#,##0." + "0" * out.decimals if out.decimals else "General")
        if wanted not in self._known:
            self._known[wanted] = self._book.add_format({"num_format": wanted})
        return self._known[wanted]

    def number(self, out: Out) -> int:
        return self.of(out)._get_xf_index()


def _open(book: Workbook, plan: Plan, styles: _Styles, batch: list[Values]) -> _Sheet:
    name = re.sub(r"[\[\]:*?/\\']", " ", plan.resource.label_plural)[:25].strip()
    many = len(book.worksheets())
    sheet = book.add_worksheet(f"{name} {many + 1}" if many else name, worksheet_class=_Sheet)
    for place, (out, values) in enumerate(zip(plan.columns, batch, strict=True)):
        width = _WIDTHS.get(out.kind) or max((len(value) for value in values if value), default=0)
        sheet.set_column(place, place, min(max(width, len(out.label) + 3, 8), 50), styles.of(out))
        sheet.write_string(0, place, out.label, styles.header)
    sheet.begin()
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer(f"&L{settings.DPO_EMAIL}&R&P / &N")
    return sheet


def _close(sheet: _Sheet | None, plan: Plan, line: int) -> None:
    if sheet is not None:
        sheet.autofilter(0, 0, line - 1, len(plan.columns) - 1)


def _cells(out: Out, values: Values, letter: str, first: int, styles: _Styles) -> list[str]:
    write_value = {NUMBER: _number, DATE: _date, MOMENT: _moment}.get(out.kind, _text)
    style = styles.number(out)
    return [
        "" if value is None or value == "" else f'<c r="{letter}{line}" s="{style}"{write_value(value)}</c>'
        for line, value in enumerate(values, first)
    ]


def _text(value: str) -> str:
    if not _ODD.search(value):
        return f' t="inlineStr"><is><t>{value}</t></is>'
    plain = XMLwriter._escape_control_characters(value[:_LONGEST]).replace("\r\n", "\n")
    return f' t="inlineStr"><is><t xml:space="preserve">{escape(plain, quote=False)}</t></is>'


def _number(value: Any) -> str:
    return f"><v>{value}</v>" if abs(value) < _EXACT else _text(str(value).replace(".", ","))


def _date(value: dt.date) -> str:
    return f"><v>{(value - _EPOCH.date()).days}</v>" if value >= _FIRST_DATE else _text(value.isoformat())


def _moment(value: str) -> str:
    moment = dt.datetime.fromisoformat(value)
    if moment.date() < _FIRST_DATE:
        return _text(value)
    since = moment - _EPOCH
    return f"><v>{since.days + since.seconds / 86400:.8f}</v>"
