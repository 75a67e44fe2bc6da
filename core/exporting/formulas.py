"""Cells of a CSV file that a spreadsheet would take for a formula: made harmless, and read back as they were.

The convention (OWASP, CWE-1236): an apostrophe before. It is taken off again by `restored`, so nothing is lost: a text
that already begins with apostrophes and a sign gets one more. Signed figures and telephone numbers are no formulas.
"""

import re

# = + - @, tab and line ends; and the full-width signs, which a spreadsheet set to Japanese or Chinese reads alike.
_SIGNS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(f"'*[{_SIGNS}]")
_MARKED = re.compile(f"'+[{_SIGNS}]")
# One sign, then digits as people group them: "-12,50", "+33 2 98 00 11 22". A second sign would be arithmetic.
_FIGURE = re.compile(r"[+-][0-9][0-9 .,()\u00a0\u202f]*")
RISKY = frozenset("'=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # the first characters that are worth a closer look


def neutral(text: str) -> str:
    """The text as a CSV cell."""
    if text[:1] not in RISKY or not _FORMULA.match(text) or _FIGURE.fullmatch(text):
        return text
    return f"'{text}"


def restored(cell: str) -> str:
    """The text that `neutral` made a cell of; any other cell as it is."""
    return cell[1:] if _MARKED.match(cell) else cell
