"""What a person decided about a file: which column goes where, how rows are recognised, what is done to them."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.importing.reading import is_reason
from core.importing.targets import FULL_NAME, NAMES
from core.text import fold


class Mode(TextChoices):
    BOTH = "both", _("Créer les nouvelles fiches et mettre à jour celles qui existent")
    CREATE = "create", _("Créer seulement : ce qui existe déjà est laissé tel quel")
    UPDATE = "update", _("Mettre à jour seulement : rien n’est créé")


@dataclass
class Column:
    """`target`: the name of a core.importing.targets.Target, "" to leave the column out.

    `order` ("dmy", "mdy") and `decimal` ("," ".") as a person chose them; "" to follow the column's own values.
    """

    name: str
    target: str = ""
    order: str = ""
    decimal: str = ""


@dataclass
class Plan:
    """Kept as JSON on the batch, and remembered for the next file with the same titles.

    `key`: the targets that recognise a row, "" for none; `create`: the lookups whose missing rows are created; `blank`:
    the people whose unknown names are left out, not refused.
    """

    columns: list[Column] = field(default_factory=list)
    key: str = ""
    mode: str = Mode.BOTH.value
    create: list[str] = field(default_factory=list)
    blank: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, given: dict[str, Any]) -> "Plan":
        return cls(**{**given, "columns": [Column(**column) for column in given.get("columns", ())]})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def targets(self) -> list[str]:
        """What the columns give: a full name gives both names."""
        found = [column.target for column in self.columns if column.target]
        return list(dict.fromkeys([*found, *NAMES])) if FULL_NAME in found else found

    def fitted(self, header: Sequence[str]) -> "Plan":
        """The same decisions for a file whose columns are those titles, in its own order; new columns are left out."""
        known = {fold(column.name): column for column in self.columns if column.name}
        columns = [known.get(fold(name)) if name else None for name in header]
        fitted = [Column(name) if found is None else Column(**{**asdict(found), "name": name})
                  for name, found in zip(header, columns, strict=True)]  # fmt: skip
        return Plan(fitted, self.key, self.mode, list(self.create), list(self.blank))


def fingerprint(header: Sequence[str]) -> str:
    """The same for two files with the same titles, whatever their order; the column of reasons is none of them."""
    names = sorted(fold(name) for name in header if name and not is_reason(name))
    return hashlib.blake2b("\n".join(names).encode(), digest_size=16).hexdigest()
