"""What a pass over a file found: counts, the lines worth looking at, and the file of refused lines."""

import codecs
import csv
import hashlib
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from django.utils.translation import gettext as _

from core.display import number
from core.exporting.formulas import neutral
from core.importing.importer import Draft, Importer
from core.importing.outcomes import Outcomes
from core.importing.reading import REASON, Source, is_reason

KEPT = {"refused": 300, "warned": 100, "created": 50, "updated": 50}  # lines of each sort that the page shows
_NAMED = 5  # line numbers quoted beside a warning


@dataclass
class Report:
    """The result of a pass. `mark` is the same for two passes that refused the same lines."""

    counts: Counter = field(default_factory=Counter)
    lines: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    mark: str = ""


class Recorder:
    """Takes the drafts of a pass one by one; keeps a bounded number of lines in memory.

    `refused`: a binary file that gets every refused line, in the source's own separator. `lines`: one that gets what
    becomes of every line, for the page (core.importing.outcomes).
    """

    def __init__(
        self, importer: Importer, source: Source, refused: IO[bytes] | None = None, lines: IO[bytes] | None = None
    ) -> None:
        self.importer, self.source = importer, source
        self._outcomes = Outcomes(lines) if lines is not None else None
        self.counts: Counter = Counter({"created": 0, "updated": 0, "skipped": 0, "refused": 0})
        self._sorts: Counter = Counter()
        self._lines: list[dict[str, Any]] = []
        self._warned: dict[str, list[int]] = {}
        self._warned_counts: Counter = Counter()
        self._mark = hashlib.blake2b(digest_size=16)
        self._refused = RefusedLines(refused, source) if refused is not None else None

    def add(self, draft: Draft) -> None:
        self.counts[draft.outcome] += 1
        if draft.outcome == "refused":
            self._mark.update(b"%d\n" % draft.line.number)
            if self._refused is not None:
                self._refused.add(draft)
        else:
            for _said, text in draft.warnings:
                self._warned_counts[text] += 1
                if len(numbers := self._warned.setdefault(text, [])) < _NAMED:
                    numbers.append(draft.line.number)
        if self._outcomes is not None:
            self._outcomes.add(self._entry(draft))
        sort = "warned" if draft.warnings and draft.outcome != "refused" else draft.outcome
        if self._sorts[sort] < KEPT.get(sort, 0):
            self._sorts[sort] += 1
            self._lines.append(self._entry(draft))

    def report(self) -> Report:
        order = {"refused": 0}
        lines = sorted(self._lines, key=lambda line: (order.get(line["outcome"], 1), line["number"]))
        return Report(
            self.counts, lines, [*self.source.notes, *self._absent(), *self._warnings()], self._mark.hexdigest()
        )

    def _entry(self, draft: Draft) -> dict[str, Any]:
        return {
            "number": draft.line.number,
            "outcome": draft.outcome,
            "label": self.importer.title(draft)[:200],
            "reasons": draft.reasons or [said for said, _text in draft.warnings],
            "changes": [] if draft.reasons else self._changes(draft),
        }

    def _changes(self, draft: Draft) -> list[dict[str, str]]:
        changes = {**draft.changes, **draft.extra}
        return [told for name, values in changes.items() for told in self.importer.told(name, *values)]

    def _absent(self) -> list[str]:
        if not self.importer.absent:
            return []
        names = ", ".join(self.importer.absent[:12]) + (", …" if len(self.importer.absent) > 12 else "")
        return [_("Colonnes absentes du fichier, donc non importées : %s.") % names]

    def _warnings(self) -> list[str]:
        out = []
        for text, numbers in self._warned.items():
            count = self._warned_counts[text]
            where = ", ".join(map(str, numbers)) + (", …" if count > len(numbers) else "")
            lines = _("ligne %s") % where if count == 1 else _("%(count)s lignes : %(where)s") % {
                "count": number(count), "where": where,
            }  # fmt: skip
            out.append(f"{text} ({lines})")
        return out


class RefusedLines:
    """Writes refused lines as they came, with a column that says why: correct them and send the file again."""

    def __init__(self, file: IO[bytes], source: Source) -> None:
        file.write(codecs.BOM_UTF8)  # Excel takes UTF-8 for Latin-1 without it
        self._rows = csv.writer(codecs.getwriter("utf-8")(file), delimiter=source.separator)
        # A file of refused lines sent again has the column already.
        self._kept = [index for index, name in enumerate(source.header) if not is_reason(name)]
        self._rows.writerow([*(neutral(source.header[index]) for index in self._kept), REASON])

    def add(self, draft: Draft) -> None:
        cells = draft.line.given or draft.line.cells
        row = [neutral(cells[index]) if index < len(cells) else "" for index in self._kept]
        reasons = _("Ligne %(number)d : %(reasons)s") % {
            "number": draft.line.number, "reasons": " ".join(draft.reasons),
        }  # fmt: skip
        self._rows.writerow([*row, neutral(reasons)])


def scratch() -> Any:
    """A temporary file for refused lines: on disk beyond 1 MB."""
    return tempfile.SpooledTemporaryFile(max_size=1024 * 1024)


def refusals(lines: Sequence[dict[str, Any]]) -> list[str]:
    """ "ligne 12 : …" for each refused line kept in a report."""
    return [
        _("ligne %(number)d : %(reasons)s") % {"number": line["number"], "reasons": " ".join(line["reasons"])}
        for line in lines
        if line["outcome"] == "refused"
    ]
