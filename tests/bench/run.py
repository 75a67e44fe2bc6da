"""One run: migrate, load, measure, report."""

import logging
import traceback
from pathlib import Path

from django.core.management import call_command
from django_tenants.utils import schema_context

from tenants.models import Client
from tests.bench import loading
from tests.bench.backups import backups, nights
from tests.bench.custom import custom
from tests.bench.documents import documents
from tests.bench.fleet import fleet
from tests.bench.fortnight import fortnight
from tests.bench.history import price
from tests.bench.imports import imports
from tests.bench.lighthouse import lighthouse
from tests.bench.mailings import mailing
from tests.bench.measuring import environment, measure, remember_pace
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


def run(data_dir: Path, *, only: str, quick: bool, output: Path) -> int:
    """1 when a figure could not be had, else 0: a missed budget is no error."""
    from config.static_files import collect_if_changed
    from tests.bench.operations import operations

    logging.disable(logging.INFO)
    call_command("migrate", verbosity=0, interactive=False)
    collect_if_changed()
    codes = [loading.HUNDRED] if quick else [loading.HUNDRED, loading.MILLION]
    if only in ALONE:
        codes = []
    loading.load(data_dir, codes)
    remember_pace(data_dir / "pace")
    report = Report(environment())
    print("machine :", ", ".join(f"{name} {value}" for name, value in report.environment.items()))
    report.head()
    for code in codes:
        with schema_context("public"):
            found = [operation for operation in operations(code) if only in operation.name]
            schema = Client.objects.get(code=code).schema_name
        samples = measure(schema, [operation.act for operation in found], times=24 if quick else 48)
        for operation, sample in zip(found, samples, strict=True):
            report.add(operation.name, sample, operation.budget)
    print()
    for name, figures in (
        ("unique", once),
        ("import", imports),
        ("envoi", mailing),
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
            try:
                figures(report, quick=quick)
            except Exception:  # noqa: BLE001  # the figures of an hour are not lost by one that cannot be had
                report.failed.append(name)
                traceback.print_exc()
    remember_pace(data_dir / "pace")
    report.environment |= {f"{name}_after": value for name, value in environment().items()}
    report.write(output)
    return 1 if report.failed else 0
