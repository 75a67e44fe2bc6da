"""Lighthouse on the pages that people keep open, in a Chromium of this machine. Skipped where Node.js or Chromium lacks."""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from django_tenants.utils import schema_context, tenant_context

from crm.models import Company
from scripts.browser import NAMES, WHOLE
from tenants.models import Client
from tests.bench import loading
from tests.bench.measuring import Browser
from tests.bench.report import Line, Report
from tests.bench.web import PORT, serving

PACKAGE = "lighthouse@12.8.2"  # fetched by npx the first time; the last that runs on Node.js 20
BUDGETS = {"performance": 90, "accessibility": 100, "best-practices": 100}
_NAMES = {"performance": "performance", "accessibility": "accessibilité", "best-practices": "bonnes pratiques"}
_SECONDS = 240


def lighthouse(report: Report, *, quick: bool) -> None:
    """Scores out of 100. Those of performance are of wall times: on a loaded machine they are lower."""
    npx = shutil.which("npx")
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, (*WHOLE, *NAMES))), None)
    if npx is None or chromium is None:
        print(f"Lighthouse : non mesuré, {'Node.js' if npx is None else 'Chromium'} n’est pas installé.")
        return
    with schema_context("public"):
        client = Client.objects.get(code=loading.HUNDRED)
    browser = Browser(client, f"admin@{loading.HUNDRED}.example")
    with tenant_context(client):
        pk = Company.objects.order_by("pk")[50_000].pk
    pages = {
        "liste": "/crm/companies/", "fiche": f"/crm/companies/{pk}/", "formulaire": f"/crm/companies/{pk}/edit/"
    }  # fmt: skip
    asked = [(f"{name}, ordinateur", path, True) for name, path in pages.items()]
    asked.append(("liste, téléphone", pages["liste"], False))
    environment = {**os.environ, "CHROME_PATH": chromium}
    with serving(client.host):
        for name, path, desktop in asked:
            command = [npx, "--yes", PACKAGE, f"http://{client.host}:{PORT}{path}", "--output=json", "--quiet"]
            command += [f"--only-categories={','.join(BUDGETS)}", "--chrome-flags=--headless=new --no-sandbox"]
            command += [f"--extra-headers={json.dumps({'Cookie': browser.cookie})}"]
            command += ["--preset=desktop"] if desktop else []
            runs = [_scores(command, environment) for _run in range(1 if quick else 3)]
            if isinstance(failed := next((run for run in runs if isinstance(run, str)), None), str):
                print(f"Lighthouse : non mesuré, {failed}")
                return
            for category, least in BUDGETS.items():
                score = statistics.median(run[category] for run in runs if not isinstance(run, str))
                report.line(Line(f"Lighthouse, {name} : {_NAMES[category]}", score, "/100", least, least=True))


def _scores(command: list[str], environment: dict[str, str]) -> dict[str, float] | str:
    """{category: score}, or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        try:
            done = subprocess.run(
                [*command, f"--output-path={out}"], env=environment, capture_output=True, text=True, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            return f"pas de réponse en {_SECONDS} s."
        if done.returncode or not out.exists():
            return (done.stderr.strip().splitlines() or ["sans message"])[-1]
        found = json.loads(out.read_text())
    if found.get("runtimeError"):
        return str(found["runtimeError"].get("message", ""))
    if found["finalDisplayedUrl"] != found["requestedUrl"]:
        return f"{found['requestedUrl']} renvoie à {found['finalDisplayedUrl']}."
    return {name: 100 * (found["categories"][name]["score"] or 0) for name in BUDGETS}
