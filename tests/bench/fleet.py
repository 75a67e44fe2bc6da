"""The fleet's migration: nothing to do, one added column, and one client held by a long transaction."""

import time
from importlib import import_module

from django.db import connection
from django.db.migrations.operations import RunSQL
from django_tenants.utils import schema_context

from tenants import migrating, replaying
from tenants.models import Client
from tenants.provisioning import create_client, delete_client
from tests.bench.report import Line, Report

_LAST = ("crm", "0060_by_creation")
_INDEXES = ("company_by_creation", "contact_by_creation")


def fleet(report: Report, *, quick: bool) -> None:
    """200 clients are made (20 if quick), measured and destroyed."""
    count = 20 if quick else 200
    with schema_context("public"):
        started = time.perf_counter()
        clients = [create_client(f"flotte-{number}", f"Flotte {number}") for number in range(count)]
        made = (time.perf_counter() - started) / count
        try:
            report.line(Line(f"créer un client ({count} de suite)", made, "s", 1))
            _measure(report, [client.schema_name for client in clients])
        finally:
            for client in Client.objects.filter(code__startswith="flotte-"):
                delete_client(client)


def _measure(report: Report, schemas: list[str]) -> None:
    count = len(schemas)
    seconds, _failed = _timed(schemas)
    report.line(Line(f"migrer {count} clients, rien à faire", seconds, "s", 2))

    migration = import_module(f"{_LAST[0]}.migrations.{_LAST[1]}").Migration
    usual = migration.operations
    migration.operations = [*usual, RunSQL("ALTER TABLE crm_company ADD COLUMN bench integer")]
    other = connection.copy()
    try:
        _put_back(schemas)
        other.ensure_connection()
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {schemas[count // 2]}.crm_company IN ROW EXCLUSIVE MODE")
        seconds, failed = _timed(schemas)
        detail = f"{count - len(failed)} migrés, nommé : {', '.join(failed)}"
        report.line(Line(f"une colonne, {count} clients dont un tenu", seconds, "s", detail=detail))
        other.rollback()
        seconds, failed = _timed(schemas)
        left = len(migrating.late(schemas))
        report.line(Line("second passage, le client libéré", seconds, "s", detail=f"en retard : {left}"))
    finally:
        other.close()
        migration.operations = usual


def _timed(schemas: list[str]) -> tuple[float, dict[str, str]]:
    started = time.perf_counter()
    failed = replaying.migrate_all(schemas)
    return time.perf_counter() - started, failed


def _put_back(schemas: list[str]) -> None:
    """As if the last migration of the CRM were new."""
    with connection.cursor() as cursor:
        for schema in schemas:
            cursor.execute(f"DELETE FROM {schema}.django_migrations WHERE (app, name) = (%s, %s)", list(_LAST))
            for index in _INDEXES:
                cursor.execute(f"DROP INDEX {schema}.{index}")
