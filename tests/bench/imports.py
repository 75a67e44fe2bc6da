"""Imports: ten thousand lines of three kinds, all the way; and how little memory a hundred thousand take."""

import io
import time
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import connection
from django_tenants.utils import schema_context

from tenants.models import Client
from tenants.provisioning import create_client, delete_client
from tests.bench.measuring import backend_ms, backend_pids
from tests.bench.report import Line, Report

CODE = "bench-import"
LARGE = 100_000
SECONDS = 5  # of processor for ten thousand lines, both passes, PostgreSQL's and the history's with them


def imports(report: Report, *, quick: bool) -> None:
    """Read, checked, written, recorded in the history; then sealed."""
    from core.models import Event
    from core.sealing import seal_all
    from crm.resources import CompanyResource, ContactResource

    lines = 2_000 if quick else 10_000
    with schema_context("public"):
        for client in Client.objects.filter(code=CODE):
            delete_client(client)
        client = create_client(CODE, "Import")
    try:
        with schema_context(client.schema_name):
            for title, resource, content in (
                ("SIRENE", CompanyResource, _register(lines)),
                ("sociétés, colonnes choisies", CompanyResource, companies(lines)),
                ("contacts, colonnes choisies", ContactResource, contacts(lines)),
            ):
                cost = _import(resource, content)
                assert cost["events"] >= lines, cost
                report.line(
                    Line(
                        f"import de {lines} lignes ({title})", cost["python"] + cost["database"], "s de CPU",
                        SECONDS * lines / 10_000,
                        detail=f"Python {cost['python']:.1f}, base {cost['database']:.1f} ; montre en main {cost['wall']:.1f} s ; "
                        f"vérifiées, écrites, {cost['events']} événements",
                    )
                )  # fmt: skip
            if not quick:
                _large(report, CompanyResource)
            events = Event.objects.count()
        started = time.perf_counter()
        seal_all([client.schema_name])
        report.line(Line(f"sceller {events} événements", time.perf_counter() - started, "s"))
    finally:
        connection.close()
        with schema_context("public"):
            delete_client(Client.objects.get(code=CODE))


def _large(report: Report, resource: Any) -> None:
    content = companies(LARGE, first=1_000_000)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins again from here
    before = _peak_mb()
    cost = _import(resource, content)
    report.line(
        Line(
            f"import de {LARGE} lignes : mémoire prise en plus", _peak_mb() - before, "Mo", 200,
            detail=f"{len(content) / 1e6:.0f} Mo de fichier ; montre en main {cost['wall']:.0f} s",
        )
    )  # fmt: skip


def _import(resource: Any, content: bytes) -> dict[str, Any]:
    """Seconds of each, and how many events: from the file received to the rows committed."""
    from core.importing import actions
    from core.models import Event

    before, pids = Event.objects.count(), backend_pids()
    wall, python, database = time.perf_counter(), time.process_time(), backend_ms(pids)
    batch = actions.receive(resource, File(io.BytesIO(content), name="e.csv"), "e.csv", by=None)
    actions.check_now(batch)
    batch.save()
    actions.commit_now(batch, None)
    return {
        "wall": time.perf_counter() - wall,
        "python": time.process_time() - python,
        "database": (backend_ms(pids) - database) / 1000,
        "events": Event.objects.count() - before,
    }


def _peak_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def _register(lines: int) -> bytes:
    """SIRENE's establishments."""
    from tests.crm.sirene import establishments, siren, siret

    return establishments(
        *(
            {"siret": siret(siren(30_000_000 + number)), "denominationUsuelleEtablissement": f"ATELIER {number}"}
            for number in range(lines)
        )
    )


def companies(lines: int, first: int = 0) -> bytes:
    """As another software exports them: no name or value of ours, eleven columns, telephones as people write them."""
    from tests.crm.sirene import siren, siret

    titles = "Raison commerciale;SIRET;Rue;CP;Commune;Tél.;Courriel;Relation;Fournisseur;Origine;Observations"
    rows = (
        f"Menuiserie {number};{siret(siren(50_000_000 + number))};{number} rue du Port;{10_000 + number % 900};"
        f"Ville {number % 300};02 98 {number // 10_000 % 100:02} {number // 100 % 100:02} {number % 100:02};"
        f"c{number}@menuiserie.example;client;{'oui' if number % 2 else 'non'};Salon;À rappeler"
        for number in range(first, first + lines)
    )
    return "\n".join([titles.replace("Raison commerciale", "Nom"), *rows]).encode("cp1252")


def contacts(lines: int) -> bytes:
    """Each names one of the companies that came before."""
    titles = "First Name,Last Name,Company,E-mail,Job Title,Mobile Phone"
    rows = (
        f"Anne,Nom {number},Menuiserie {number % 1000},a{number}@contact.example,Gérante,"
        f"06 98 {number // 10_000 % 100:02} {number // 100 % 100:02} {number % 100:02}"
        for number in range(lines)
    )
    return "\n".join([titles, *rows]).encode()
