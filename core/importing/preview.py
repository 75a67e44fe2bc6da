"""What the mapping screen shows of a file: its titles, some values of each column, what they tell, and guesses."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.importing.guessing import guess
from core.importing.keys import keys_for
from core.importing.mapped import targets_for
from core.importing.plan import Column, Plan
from core.importing.reading import Source, is_reason
from core.importing.values import Evidence, looks_like
from core.text import clean

if TYPE_CHECKING:
    from core.accounts.models import User
    from core.resource import Resource

_READ = 2000  # lines looked at before the whole file is checked
_SAMPLES = 5
_GUESSED_ON = 20
_LENGTH = 80
_HEAD = 12


def preview_of(source: Source, resource: type[Resource], people: Sequence[User]) -> dict[str, Any]:
    """JSON for the batch. Raises FileError for a file without a line of data."""
    lines = [line for line in itertools.islice(source, _READ) if not line.problem]
    columns = [_Column([line.cells[index] for line in lines]) for index in range(len(source.header))]
    found = guess(
        source.header, [column.values[:_GUESSED_ON] for column in columns], list(targets_for(resource, people).values())
    )
    return {
        "notes": source.notes,
        "sheets": source.sheets,
        "head": [
            {"number": line.number, "text": clean(" · ".join(cell for cell in line.cells if cell))[:160]}
            for line in source.head[:_HEAD]
            if any(line.cells)
        ],
        "columns": [
            {
                "name": clean(name),
                "samples": [clean(value)[:_LENGTH] for value in column.distinct[:_SAMPLES]],
                "filled": len(column.values),
                "order": column.order,
                "decimal": column.decimal,
                "target": guessed.target,
                "confidence": guessed.confidence,
            }
            for name, column, guessed in zip(source.header, columns, found, strict=True)
        ],
        "read": len(lines),
    }


class _Column:
    def __init__(self, cells: Sequence[str]) -> None:
        self.values = [cell.strip() for cell in cells if cell.strip()]
        self.distinct = list(dict.fromkeys(self.values))
        evidence = Evidence()
        for value in self.values:
            evidence.feed(value)
        kinds = [looks_like(value) for value in self.distinct[:_SAMPLES]]
        style = evidence.style()
        self.order = self.decimal = ""  # what the screen offers to settle
        if kinds.count("date") * 2 > len(kinds) and evidence.dates:
            self.order = "?" if evidence.doubtful_dates else style.order
        elif kinds.count("number") * 2 > len(kinds) and evidence.figures:
            self.decimal = "?" if evidence.doubtful_figures else style.decimal


def first_plan(preview: dict[str, Any], resource: type[Resource], people: Sequence[User]) -> Plan:
    """The plan that the guesses make: what the screen proposes before anybody touched it."""
    columns = [
        Column(column["name"], "" if is_reason(column["name"]) else column["target"]) for column in preview["columns"]
    ]
    plan = Plan(columns)
    known = targets_for(resource, people)
    plan.key = next(iter(keys_for(resource, {name: known[name] for name in plan.targets})), "")
    return plan
