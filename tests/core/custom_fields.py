"""Custom fields for tests: one of each kind, with a value as a form posts it, as the row holds it, as people read it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.custom.actions import add_field
from core.models import CustomField

NOT_PERSONAL = {"personal": False, "reason": "rien d'une personne"}
OPTIONS = [
    {"id": "o1", "label": "Bleu nuit", "hue": 1},
    {"id": "o2", "label": "Rouge vif", "hue": 2},
    {"id": "o3", "label": "Vert d’eau", "hue": 3},
]


@dataclass(frozen=True)
class Example:
    typed: Any  # what a form posts
    value: Any  # what the row says
    words: str  # what a page shows
    other: Any  # another typed value


EXAMPLES = {
    "text": Example("Qwertov Éclair", "Qwertov Éclair", "Qwertov Éclair", "Autre texte"),
    "number": Example("12.5", Decimal("12.5"), "12,5", "13"),
    "money": Example("1234.50", Decimal("1234.50"), "1\u202f234,50\u00a0€", "5"),
    "date": Example("2026-03-14", dt.date(2026, 3, 14), "14 mars 2026", "2026-03-15"),
    "choice": Example("o2", "o2", "Rouge vif", "o1"),
    "choices": Example(["o1", "o3"], ["o1", "o3"], "Vert d’eau", ["o2"]),
    "link": Example("https://exemple.fr/a", "https://exemple.fr/a", "exemple.fr/a", "https://autre.fr"),
    "checkbox": Example("on", True, "Oui", ""),
}


def make_field(resource, kind: str = "text", label: str = "", **values: Any) -> CustomField:
    """A field of a resource; of a choosing kind, with OPTIONS."""
    given = {"kind": kind, "label": label or f"Champ {kind}", **NOT_PERSONAL, **values}
    if kind in ("choice", "choices"):
        given.setdefault("options", OPTIONS)
    return add_field(resource, by=None, **given)


def make_all(resource, **values: Any) -> dict[str, CustomField]:
    return {kind: make_field(resource, kind, **values) for kind in EXAMPLES}
