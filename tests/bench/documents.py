"""PDFs: what one costs where it is made (the child process), cold, warm, and how far a child grows."""

import datetime as dt
import statistics
import time
from pathlib import Path

from core.pdf import render
from core.pdf.typesetter import LIVES, Typesetter
from tests.bench.report import Line, Report

AT = dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC)
_TICK = 10  # ms of a clock tick, in /proc


def documents(report: Report, *, quick: bool) -> None:
    from core import pdf

    times = 40 if quick else LIVES - 10
    pdf._typesetter.cache_clear()
    started = time.perf_counter()
    render("record.typ", _record(0), at=AT)
    cold = (time.perf_counter() - started) * 1000
    setter: Typesetter = pdf._typesetter()
    wall, before = [], _cpu_ms(setter)
    for number in range(times):
        started = time.perf_counter()
        size = len(render("record.typ", _record(number), at=AT))
        wall.append((time.perf_counter() - started) * 1000)
    cpu = (_cpu_ms(setter) - before) / times
    detail = f"2 pages, {size / 1000:.0f} Ko ; montre en main {statistics.median(wall):.0f} ms"
    report.line(Line("PDF d’une fiche (25 fiches liées, 5 notes), à chaud", cpu, "ms de CPU", 100, detail=detail))
    report.line(Line("PDF d’une fiche, le premier du processus", cold, "ms"))
    report.line(Line(f"mémoire du processus des PDF après {times + 1}", _memory_mb(setter), "Mo"))
    report.line(Line("PDF d’un tableau de 2 000 lignes", _long(), "ms"))
    setter.stop()


def _record(number: int) -> dict:
    groups = [
        {
            "label": label,
            "facts": [[f"Champ {n}", f"Valeur {number} {n} « été » 12\u202f345,50\u00a0€"] for n in range(6)],
        }
        for label in ("Identité", "Identifiants", "Coordonnées", "Suivi")
    ]
    rows = [[f"Jeanne Guéguen {number} {n}", "Gérante", "Menuiserie Riou", "+33 6 39 98 00 00"] for n in range(25)]
    part = {"label": "Contacts", "columns": ["Contact", "Fonction", "Société", "Mobile"], "figures": [], "rows": rows,
            "more": "", "empty": ""}  # fmt: skip
    notes = [{"head": "Claire Dumas, 25 nov. 2026", "text": "Rappeler après l’inventaire. " * 12} for _n in range(5)]
    return {
        "title": f"Menuiserie Riou {number}", "subtitle": "contact@riou.example", "badge": "Client", "mention": "Société n° 1",
        "tags": ["RGE"], "groups": groups, "related": [part], "notes": notes, "notes-label": "Notes",
    }  # fmt: skip


def _long() -> float:
    data = _record(1)
    data["related"][0]["rows"] *= 80
    started = time.perf_counter()
    render("record.typ", data, at=AT, seconds=60)
    return (time.perf_counter() - started) * 1000


def _cpu_ms(setter: Typesetter) -> float:
    fields = Path(f"/proc/{setter.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def _memory_mb(setter: Typesetter) -> float:
    status = Path(f"/proc/{setter.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000
