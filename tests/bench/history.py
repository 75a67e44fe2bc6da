"""The price of history: writes with the triggers and without, in a client of their own."""

import statistics
import time
from collections.abc import Callable

import psycopg
from django.db import connection
from django_tenants.utils import schema_context

from tenants.models import Client
from tenants.provisioning import create_client, delete_client
from tests.bench.measuring import FORM, Browser, backend_ms
from tests.bench.report import Line, Report

CODE = "bench-histoire"
TRIGGERS = ("history_insert", "history_update", "history_delete")
_INSERT = (
    "INSERT INTO crm_company (name, legal_name, kind, relation, is_supplier, siren, siret, vat_number, naf, registry_state,"
    " address, postcode, city, phone, email, website, source, note, updated_at) SELECT 'Menuiserie Dupont ' || g,"
    " 'Menuiserie Dupont SARL', 'business', 'prospect', false, '', '', '', '43.32A', 'A', '12 rue des Lilas', '29200',"
    " 'Brest', '+33 2 61 91 00 00', 'contact@menuiserie-dupont.example', 'https://www.menuiserie-dupont.example', 'Salon',"
    " '', now() FROM generate_series(1, %s::int) g RETURNING id"
)
_UPDATE = (
    "UPDATE crm_company SET city = 'Quimper ' || %s::text, relation = 'customer', updated_at = now() WHERE id = ANY(%s)"
)
_DELETE = "DELETE FROM crm_company WHERE id = ANY(%s)"
_NAMES = {"insert": "insertion", "update": "modification", "delete": "suppression"}


def price(report: Report, *, quick: bool) -> None:
    """A line for each statement and number of rows: what the triggers add to PostgreSQL's CPU; then whole requests."""
    with schema_context("public"):
        for client in Client.objects.filter(code=CODE):
            delete_client(client)
        client = create_client(CODE, "Histoire")
    try:
        with schema_context(client.schema_name):
            from core.accounts.models import Role, User

            User.objects.create_user(f"admin@{CODE}.example").roles.set(Role.objects.filter(code="administrator"))
        parameters = connection.get_connection_params()
        kept = {n: parameters[n] for n in ("host", "port", "dbname", "user", "password") if parameters.get(n)}
        with psycopg.connect(**kept, autocommit=True) as raw:
            raw.execute(f"SET search_path = {client.schema_name}, public")
            for rows, times in ((1, 60 if quick else 200), (100, 20 if quick else 40), (10_000, 1 if quick else 3)):
                _statements(report, raw, rows, times)
            _requests(report, raw, Browser(client, f"admin@{CODE}.example"), 40 if quick else 120)
    finally:
        connection.close()
        with schema_context("public"):
            delete_client(Client.objects.get(code=CODE))


def _switch(raw: psycopg.Connection, *, on: bool) -> None:
    for name in TRIGGERS:
        raw.execute(f"ALTER TABLE crm_company {'ENABLE' if on else 'DISABLE'} TRIGGER {name}")


def _statements(report: Report, raw: psycopg.Connection, rows: int, times: int) -> None:
    found: dict[bool, dict[str, float]] = {}
    for on in (False, True):
        _switch(raw, on=on)
        costs: dict[str, list[float]] = {"insert": [], "update": [], "delete": []}
        for number in range(times + 3):
            with raw.transaction():
                ids: list[int] = []
                steps: dict[str, Callable[[], None]] = {
                    "insert": lambda ids=ids: ids.extend(pk for (pk,) in raw.execute(_INSERT, [rows]).fetchall()),
                    "update": lambda ids=ids, number=number: raw.execute(_UPDATE, [str(number), ids]),
                    "delete": lambda ids=ids: raw.execute(_DELETE, [ids]),
                }
                for name, step in steps.items():
                    before = backend_ms([raw.info.backend_pid])
                    step()
                    if number >= min(3, times):
                        costs[name].append(backend_ms([raw.info.backend_pid]) - before)
        found[on] = {name: statistics.median(values) for name, values in costs.items()}
    for name, without in found[False].items():
        extra = found[True][name] - without
        report.line(
            Line(
                f"historique, {_NAMES[name]} de {rows} en SQL brut", 100 * extra / without, "% en plus",
                detail=f"{without:.3f} → {found[True][name]:.3f} ms, {1000 * extra / rows:.0f} µs par ligne",
            )
        )  # fmt: skip


def _requests(report: Report, raw: psycopg.Connection, browser: Browser, times: int) -> None:
    """A form that is saved, as the person waits for it: CPU of Python and of PostgreSQL."""
    status, _body, headers = browser.request("/crm/companies/new/", {**FORM, "name": "Essai"})
    assert status == 302, status
    record = headers["Location"]
    acts = {
        "créer une fiche": lambda number: browser.request("/crm/companies/new/", {**FORM, "name": f"Essai {number}"}),
        "modifier une fiche": lambda number: browser.request(
            f"{record}edit/", {**FORM, "name": "Essai", "city": f"Ville {number} {time.monotonic_ns()}"}
        ),
    }
    for name, act in acts.items():
        costs: dict[bool, list[float]] = {False: [], True: []}
        for round_ in range(6):  # turn by turn: the machine's moods touch both alike
            on = bool(round_ % 2)
            _switch(raw, on=on)
            for number in range(times // 3):
                pids = browser.pids()
                before, python = backend_ms(pids), time.process_time()
                status, _body, _headers = act(number)
                assert status in (200, 302), status
                if number > 2:
                    costs[on].append((time.process_time() - python) * 1000 + backend_ms(pids) - before)
        without, with_ = (statistics.median(costs[on]) for on in (False, True))
        report.line(
            Line(
                f"historique, {name} (requête entière)", 100 * (with_ - without) / without, "% en plus", 35,
                detail=f"{without:.2f} → {with_:.2f} ms",
            )
        )  # fmt: skip
