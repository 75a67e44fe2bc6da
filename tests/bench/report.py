"""The table and the JSON."""

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.measuring import Sample

HEAD = (
    "opération",
    "montre",
    "p95",
    "requêtes",
    "CPU",
    "Python",
    "base",
    "plancher",
    "rapport",
    "machine",
    "budget",
    "verdict",
)
_FORMAT = "{:<46}{:>9}{:>8}{:>9}{:>8}{:>8}{:>8}{:>9}{:>8}{:>9}{:>10}  {}"


@dataclass
class Line:
    """A figure of its own: a rate, a size, a duration. `least`: the budget is a minimum."""

    name: str
    value: float
    unit: str
    budget: float | None = None
    least: bool = False
    detail: str = ""

    @property
    def kept(self) -> bool | None:
        if self.budget is None:
            return None
        return self.value >= self.budget if self.least else self.value <= self.budget


class Report:
    def __init__(self, environment: dict[str, Any]) -> None:
        self.environment = environment
        self.rows: list[dict[str, Any]] = []
        self.failed: list[str] = []  # figures that could not be had
        self.lines: list[Line] = []

    def head(self) -> None:
        print(
            "Jugé : le processeur du serveur (Python et PostgreSQL), en ms par requête, médiane. "
            "Montre (médiane, p95) : le temps attendu, qui monte avec la charge de la machine ; pas jugé.\n"
            "Machine : combien de fois plus lente qu’à son meilleur connu pendant ce qui est jugé, les moments les plus calmes."
        )
        print(_FORMAT.format(*HEAD))

    def add(self, name: str, sample: Sample, budget: float | None) -> None:
        """CPU in ms per request, of the quiet repetitions; median and p95 are wall times of all of them, in ms."""
        row = {
            "name": name,
            "median_ms": statistics.median(sample.wall),
            "p95_ms": sorted(sample.wall)[int(len(sample.wall) * 0.95)],
            "queries": sample.queries,
            "cpu_ms": sample.cpu,
            "python_ms": sample.median(sample.python),
            "database_ms": sample.median(sample.database),
            "floor_ms": sample.floor,
            "ratio": sample.cpu / sample.floor if sample.floor else None,
            "slowness": sample.slowness,
            "bytes": sample.size,
            "budget_ms": budget,
            "kept": sample.cpu <= budget if budget else None,
        }
        self.rows.append(row)
        print(
            _FORMAT.format(
                name, *(_figure(row[key]) for key in ("median_ms", "p95_ms")), row["queries"],
                *(_figure(row[key]) for key in ("cpu_ms", "python_ms", "database_ms", "floor_ms")),
                f"×{row['ratio']:.0f}" if row["ratio"] else "—", f"×{row['slowness']:.2f}", f"≤ {budget:.0f}" if budget else "—", _verdict(row["kept"]),
            ),
            flush=True,
        )  # fmt: skip

    def line(self, line: Line) -> None:
        self.lines.append(line)
        sign = "≥" if line.least else "≤"
        budget = f"{sign} {line.budget:g}" if line.budget is not None else "—"
        print(
            f"{line.name:<60}{_figure(line.value):>10} {line.unit:<12}{budget:>10}  {_verdict(line.kept)} {line.detail}",
            flush=True,
        )

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [{**vars(line), "kept": line.kept} for line in self.lines]
        path.write_text(
            json.dumps(
                {
                    "environment": self.environment,
                    "judged": "cpu_ms",
                    "operations": self.rows,
                    "figures": lines,
                    "failed": self.failed,
                },
                indent=1,
                ensure_ascii=False,
            )
        )
        if self.failed:
            print(f"\nN’ont pas pu être mesurés : {', '.join(self.failed)}.")
        missed = [row["name"] for row in [*self.rows, *lines] if row["kept"] is False]
        print(
            f"\n{path} écrit. " + (f"Hors budget : {', '.join(missed)}." if missed else "Tous les budgets sont tenus.")
        )


def _figure(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _verdict(kept: bool | None) -> str:
    return {True: "tenu", False: "DÉPASSÉ", None: ""}[kept]
