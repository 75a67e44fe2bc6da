"""Which line of a table has its titles: not always the first."""

import re
from collections import Counter
from collections.abc import Sequence

_FIGURE = re.compile(r"^[\s(+-]*[€$£]?\s*\d[\d\s.,'’\u00a0\u202f]*\s*[%€$£)]?$")
_DATE = re.compile(r"^\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}([ T]\d{1,2}[:h]\d{2}.*)?$")
_PLAINLY_DATA = re.compile(r"^(\S+@\S+\.\w+|https?://\S+|www\.\S+)$")
_LONG = 60


def find_header(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """(index of the first line of titles, how many lines they take) among the first rows; (-1, 1): no titles at all."""
    widths = Counter(filled for row in rows if (filled := _filled(row)))
    if not widths:
        return -1, 1
    usual = max(widths, key=lambda width: (widths[width] * min(width, 2), width))
    for index, row in enumerate(rows):
        filled = _filled(row)
        if filled < max(1, -(-usual // 2)) or (usual > 1 and filled == 1):
            continue  # blank, or a title above the table
        if any(_is_data(cell) for cell in row) or (usual > 2 and _wordy(row) < 0.5):
            return -1, 1
        return index, 2 if _two_lines(rows, index) else 1
    return -1, 1


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def is_typed(cell: str) -> bool:
    """Whether a cell is a figure, a date or an address, which no title is."""
    cell = cell.strip()
    return bool(_FIGURE.match(cell) or _DATE.match(cell) or _PLAINLY_DATA.match(cell))


def _is_data(cell: str) -> bool:
    return bool(_PLAINLY_DATA.match(cell.strip()) or _DATE.match(cell.strip()))


def _wordy(row: Sequence[str]) -> float:
    cells = [cell for cell in row if cell.strip()]
    return sum(not is_typed(cell) and len(cell) <= _LONG for cell in cells) / len(cells) if cells else 0.0


def _two_lines(rows: Sequence[Sequence[str]], index: int) -> bool:
    """Whether the line below is titles too: all words, and over columns of figures or dates."""
    if index + 2 >= len(rows):
        return False
    upper, lower, below = rows[index], rows[index + 1], rows[index + 2 : index + 12]
    if _wordy(lower) < 1 or _filled(lower) < _filled(upper):
        return False
    over_data = sum(
        bool(values) and all(is_typed(value) for value in values)
        for column, cell in enumerate(lower)
        if cell.strip()
        for values in [[row[column] for row in below if column < len(row) and row[column].strip()]]
    )
    grouped = _filled(upper) < _filled(lower) or len({cell for cell in upper if cell.strip()}) < _filled(upper)
    return over_data >= (1 if grouped else 2)
