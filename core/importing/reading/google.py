"""The CSV of Google's contacts: cells of several values, and telephones whose kind is told beside them.

The columns stay those of the file, and one for the mobile is added: each line has its own kind of telephone first.
"""

import re
from collections import defaultdict
from typing import Self

from django.utils.translation import gettext as _

from core.importing.reading.base import Line
from core.text import fold

MOBILE = "Mobile"
_SLOT = re.compile(r"(e-mail|phone) (\d+) - (value|type|label)", re.IGNORECASE)
_GROUPS = {"labels", "group membership"}
_EVERYBODY = "mycontacts"  # a group of Google's own, of everybody in the book
_MOBILES = {"mobile", "cell", "portable", "gsm", "iphone"}
_KEPT_WHOLE = {"notes", "note"}
_BETWEEN = ":::"


class Book:
    """How such a file writes. `added`: how many columns the header has that the file has not."""

    def __init__(self, header: list[str]) -> None:
        slots: dict[str, dict[int, dict[str, int]]] = {"e-mail": defaultdict(dict), "phone": defaultdict(dict)}
        self._others: list[tuple[int, str]] = []
        self._groups: list[int] = []
        for index, name in enumerate(header):
            if found := _SLOT.fullmatch(name):
                what = "value" if found[3].lower() == "value" else "kind"
                slots[found[1].lower()][int(found[2])][what] = index
            elif fold(name) in _GROUPS:
                self._groups.append(index)
            elif fold(name) not in _KEPT_WHOLE:
                self._others.append((index, name))
        self._emails = _in_order(slots["e-mail"])
        self._phones = _in_order(slots["phone"])
        told = any(kind is not None for _value, kind in self._phones)
        self._mobile = header.index(MOBILE) if MOBILE in header else len(header) if told else None
        self.added = int(self._mobile == len(header))

    @classmethod
    def of(cls, header: list[str]) -> Self | None:
        """The habits of a file with these titles, to which the column of the mobile is added; None if not Google's."""
        book = cls(header)
        if not (book._emails or book._phones):
            return None
        header.extend([MOBILE] * book.added)
        return book

    def settle(self, line: Line) -> None:
        """Put each value where its title says; `line.given` stays as the file has it."""
        line.given = line.cells
        line.cells = cells = [*line.cells, *[""] * self.added]
        for index in self._groups:
            names = [name.removeprefix("* ") for name in _split(cells[index])]
            cells[index] = ", ".join(name for name in names if name.casefold() != _EVERYBODY)
        for index, name in self._others:
            if _BETWEEN in cells[index]:
                first, *rest = _split(cells[index]) or [""]
                cells[index] = first
                _tell(line, name, rest)
        self._settle_emails(line, cells)
        self._settle_phones(line, cells)

    def _settle_emails(self, line: Line, cells: list[str]) -> None:
        found = [one for value, _kind in self._emails for one in _split(cells[value])]
        if found:
            cells[self._emails[0][0]] = found[0]
            _tell(line, _("E-mail"), found[1:])

    def _settle_phones(self, line: Line, cells: list[str]) -> None:
        found = [one for value, kind in self._phones for one in _phones(cells, value, kind)]
        if not found:
            return
        mobile = self._mobile
        places = {False: self._phones[0][0]} | ({True: mobile} if mobile is not None and not cells[mobile] else {})
        cells[places[False]] = ""
        rest = []
        for is_mobile, number in found:  # each kind takes its own place first, then what is left
            if is_mobile in places:
                cells[places.pop(is_mobile)] = number
            else:
                rest.append(number)
        for number, place in zip(rest, places.values(), strict=False):
            cells[place] = number
        _tell(line, _("Téléphone"), rest[len(places) :])


def _in_order(slots: dict[int, dict[str, int]]) -> list[tuple[int, int | None]]:
    """(place of the value, of its kind) of each slot that has a value."""
    return [(slot["value"], slot.get("kind")) for _number, slot in sorted(slots.items()) if "value" in slot]


def _split(text: str) -> list[str]:
    return [part for one in text.split(_BETWEEN) if (part := one.strip())]


def _phones(cells: list[str], value: int, kind: int | None) -> list[tuple[bool, str]]:
    """(whether it is a mobile, the number) of each number in a slot; one kind may be that of them all."""
    numbers, kinds = _split(cells[value]), _split(cells[kind]) if kind is not None else []
    kinds = kinds if len(kinds) == len(numbers) else kinds[:1] * len(numbers) or [""] * len(numbers)
    return [
        (bool(_MOBILES & set(fold(told).split())), number) for told, number in zip(kinds, numbers, strict=True)
    ]  # fmt: skip


def _tell(line: Line, title: str, rest: list[str]) -> None:
    if rest:
        line.remarks.append(
            (_("%(title)s : aussi %(values)s, laissé.") % {"title": title, "values": ", ".join(rest)},
             _("%s : plusieurs valeurs, la première est gardée") % title)
        )  # fmt: skip
