"""The fleet's migration: nothing to do, one added column, and one client held by a long transaction."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.conf import settings
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunSQL
from django_tenants.utils import schema_context

from tenants import migrating, replaying
from tenants.models import Client
from tenants.provisioning import create_client, delete_client
from tests.bench.report import Line, Report

ADDED = ("crm", "9999_bench")


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

    with _added_column():
        other = connection.copy()
        try:
            other.ensure_connection()
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {schemas[count // 2]}.crm_company IN ROW EXCLUSIVE MODE")
            seconds, failed = _timed(schemas)
            report.line(
                Line(
                    f"une colonne, {count} clients dont un tenu", seconds, "s",
                    detail=f"{count - len(migrating.late(schemas))} migrés, nommé : {', '.join(failed) or 'aucun'}",
                )
            )  # fmt: skip
            report.line(Line("clients en retard, le client tenu", len(migrating.late(schemas)), "", 1))
            other.rollback()
            seconds, failed = _timed(schemas)
            report.line(Line("second passage, le client libéré", seconds, "s", detail=f"refusés : {len(failed)}"))
            report.line(Line("clients en retard, le client libéré", len(migrating.late(schemas)), "", 0))
        finally:
            other.close()


@contextmanager
def _added_column() -> Iterator[None]:
    """A migration more, known to Django and done in the template; taken back from there at the end."""
    usual = MigrationLoader.load_disk

    class Added(Migration):
        operations: ClassVar = [RunSQL("ALTER TABLE crm_company ADD COLUMN bench integer")]

    def load_disk(loader: MigrationLoader) -> None:
        usual(loader)
        last = max(name for app, name in loader.disk_migrations if app == ADDED[0])
        Added.dependencies = [(ADDED[0], last)]
        loader.disk_migrations[ADDED] = Added(ADDED[1], ADDED[0])

    MigrationLoader.load_disk = load_disk
    try:
        migrating.migrate_client(settings.TEMPLATE_SCHEMA)
        yield
    finally:
        MigrationLoader.load_disk = usual
        with migrating.in_schema(settings.TEMPLATE_SCHEMA), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE crm_company DROP COLUMN IF EXISTS bench")
            cursor.execute("DELETE FROM django_migrations WHERE (app, name) = (%s, %s)", list(ADDED))


def _timed(schemas: list[str]) -> tuple[float, dict[str, str]]:
    started = time.perf_counter()
    failed = replaying.migrate_all(schemas)
    return time.perf_counter() - started, failed
