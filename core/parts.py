"""What a list shows, ready to be written: its columns, its rows, their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass
class Column:
    name: str
    label: StrOrPromise
    css: str = ""
    direction: str = ""  # "ascending" or "descending" when the list is sorted by it
    sort_url: str = ""  # "" when it cannot be


@dataclass(slots=True)
class Cell:
    name: str
    html: Any
    css: str
    empty: bool


@dataclass(slots=True)
class Row:
    pk: int
    url: str
    title: str
    subtitle: str
    avatar: str
    badge: dict[str, str] | None
    cells: list[Cell]
    side: str = ""  # what a phone shows beside it
