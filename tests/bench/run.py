"""One run: migrate, load, measure, report."""

import logging
from pathlib import Path

from django.core.management import call_command
from django_tenants.utils import schema_context

from tests.bench import loading
from tests.bench.backups import backups, nights
from tests.bench.custom import custom
from tests.bench.documents import documents
from tests.bench.fleet import fleet
from tests.bench.fortnight import fortnight
from tests.bench.history import price
from tests.bench.imports import imports
from tests.bench.lighthouse import lighthouse
from tests.bench.measuring import environment
from tests.bench.report import Report
from tests.bench.web import once, serve

ALONE = (
    "unique",
    "import",
    "historique",
    "champs propres",
    "PDF",
    "sauvegardes",
    "flotte",
    "nuit",
    "quinzaine",
)  # what needs none of the large clients


def run(data_dir: Path, *, only: str, quick: bool, output: Path) -> None:
    from config.static_files import collect_if_changed
    from tests.bench.operations import measured, operations

    logging.disable(logging.INFO)
    call_command("migrate", verbosity=0, interactive=False)
    collect_if_changed()
    codes = [loading.HUNDRED] if quick else [loading.HUNDRED, loading.MILLION]
    if only in ALONE:
        codes = []
    loading.load(data_dir, codes)
    report = Report(environment())
    print("machine :", ", ".join(f"{name} {value}" for name, value in report.environment.items()))
    report.head()
    for code in codes:
        with schema_context("public"):
            found = [operation for operation in operations(code) if only in operation.name]
        for operation in found:
            report.add(operation.name, measured(operation, quick=quick), operation.budget)
    print()
    for name, measure in (
        ("unique", once),
        ("import", imports),
        ("historique", price),
        ("champs propres", custom),
        ("PDF", documents),
        ("flotte", fleet),
        ("sauvegardes", backups),
        ("nuit", nights),
        ("quinzaine", fortnight),
        ("serveur", serve),
        ("lighthouse", lighthouse),
    ):
        if only in name:
            measure(report, quick=quick)
    report.environment["yardstick_after_ms"] = environment()["yardstick_ms"]
    report.write(output)
