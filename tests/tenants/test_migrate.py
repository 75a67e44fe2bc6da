"""`migrate` brings public, the template and every late client up to date, and says who failed."""

from contextlib import ExitStack, contextmanager
from importlib import import_module
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunPython
from django.test.utils import CaptureQueriesContext

from tenants import migrating, replaying
from tenants.models import Client
from tests.tenants.test_provisioning import dump

pytestmark = pytest.mark.usefixtures("committed")


def forget(schema: str, app: str = "crm") -> None:
    """Make a client look like one that missed an application: its tables and their migrations are gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename ~ %s", [schema, f"^{app}_"])
        for (table,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {schema}.{table} CASCADE")
        cursor.execute(f"DELETE FROM {schema}.django_migrations WHERE app = %s", [app])
        cursor.execute(f"DELETE FROM {schema}.auth_permission p USING {schema}.django_content_type c "
                       "WHERE c.id = p.content_type_id AND c.app_label = %s", [app])  # fmt: skip
        cursor.execute(f"DELETE FROM {schema}.django_content_type WHERE app_label = %s", [app])


def columns(schema: str, table: str) -> list:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = %s ORDER BY 1",
            [schema, table],
        )
        return cursor.fetchall()


def test_late_clients_are_found_in_one_query_whatever_their_number(make_client):
    schemas = [make_client(f"groupe-{n}", people=False).schema_name for n in range(3)]
    forget(schemas[1])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert migrating.late(schemas) == [schemas[1]]
    assert len([q for q in queries if "django_migrations" in q["sql"]]) == 1


def test_a_late_client_gets_the_tables_and_the_templates_content_types(make_client):
    late, current = make_client("retard", people=False), make_client("a-jour", people=False)
    forget(late.schema_name)
    call_command("migrate", stdout=StringIO())
    assert columns(late.schema_name, "crm_company") == columns(current.schema_name, "crm_company")
    with connection.cursor() as cursor:
        for table in ("django_content_type", "auth_permission"):
            cursor.execute(f"SELECT * FROM {late.schema_name}.{table} ORDER BY id")
            mended = cursor.fetchall()
            cursor.execute(f"SELECT * FROM {current.schema_name}.{table} ORDER BY id")
            assert mended == cursor.fetchall()


def test_one_failing_client_is_reported_and_the_others_are_migrated(make_client):
    broken, late = make_client("casse", people=False), make_client("sain", people=False)
    for client in (broken, late):
        forget(client.schema_name)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {broken.schema_name}.crm_company (id int)")
    with pytest.raises(CommandError, match="casse"):
        call_command("migrate", stdout=StringIO(), stderr=StringIO())
    assert columns(late.schema_name, "crm_company")
    assert Client.objects.filter(code="casse").exists()


# --- many at once ----------------------------------------------------------------------------------------------------
@contextmanager
def held(schema: str):
    """A transaction of somebody else that writes into the client and does not end."""
    own = connection.copy()
    try:
        own.ensure_connection()
        own.set_autocommit(False)
        with own.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {schema}.accounts_user IN ROW EXCLUSIVE MODE")
        yield
    finally:
        own.close()


@pytest.fixture
def quick_locks(monkeypatch):
    monkeypatch.setattr(migrating, "_LOCK_TIMEOUT", "200ms")
    monkeypatch.setattr(replaying, "PAUSES", (0.1,))


def last_of_accounts() -> str:
    return max(name for app, name in MigrationLoader(None).disk_migrations if app == "accounts")


@pytest.fixture
def adds_a_trigger(monkeypatch) -> type[Migration]:
    """The last migration of the accounts adds the trigger of the seats and nothing else, whatever comes after it."""
    migration = import_module(f"core.accounts.migrations.{last_of_accounts()}").Migration
    seats = import_module("core.accounts.migrations.0050_seats").Migration
    monkeypatch.setattr(migration, "operations", list(seats.operations))
    return migration


def lose_trigger(schema: str) -> None:
    """Make a client look like one before a migration that only adds a trigger: another one has the same record."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {schema}.django_migrations WHERE (app, name) = ('accounts', %s)",
            [last_of_accounts()],
        )
        cursor.execute(f"DROP TRIGGER seats ON {schema}.accounts_user")


def has_trigger(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgname = 'seats' AND tgrelid = %s::regclass",
            [f"{schema}.accounts_user"],
        )
        return cursor.fetchone()[0] == 1


def test_a_client_held_by_a_long_transaction_is_reported_and_the_others_are_done(
    make_client, quick_locks, adds_a_trigger
):
    schemas = [make_client(f"flotte-{number}", people=False).schema_name for number in range(5)]
    for schema in schemas:
        lose_trigger(schema)
    taken = schemas[0]  # the one from which the others would have been recorded
    out, err = StringIO(), StringIO()
    with held(taken), pytest.raises(CommandError, match=taken):
        call_command("migrate", stdout=out, stderr=err)
    assert [schema for schema in schemas if has_trigger(schema)] == schemas[1:]
    assert "lock timeout" in err.getvalue() and "4 / 5" in out.getvalue()
    assert migrating.late(schemas) == [taken]
    call_command("migrate", stdout=StringIO())  # a second run finds what is left
    assert migrating.late(schemas) == [] and has_trigger(taken)


def test_a_client_that_is_freed_meanwhile_is_done_in_the_same_run(make_client, monkeypatch, adds_a_trigger):
    monkeypatch.setattr(migrating, "_LOCK_TIMEOUT", "100ms")
    schemas = [make_client(f"flotte-{number}", people=False).schema_name for number in range(2)]
    for schema in schemas:
        lose_trigger(schema)
    with ExitStack() as stack:
        stack.enter_context(held(schemas[1]))
        monkeypatch.setattr(replaying.time, "sleep", lambda seconds: stack.close() if seconds else None)
        call_command("migrate", stdout=StringIO())
    assert migrating.late(schemas) == []


def test_what_was_recorded_in_one_client_makes_the_same_tables_in_the_others(make_client):
    schemas = [make_client(f"flotte-{number}", people=False).schema_name for number in range(3)]
    for schema in schemas:
        forget(schema, "usersessions")  # no Python in its migrations
    asked: list[str] = []
    usual = migrating.migrate_client
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            migrating,
            "migrate_client",
            lambda schema, *rest, **options: asked.append(schema) or usual(schema, *rest, **options),
        )
        call_command("migrate", stdout=StringIO())
    assert asked == schemas[:1]  # Django worked once
    definitions = [
        sorted(dump(schema, "--schema-only").splitlines()) for schema in [settings.TEMPLATE_SCHEMA, *schemas]
    ]
    assert definitions[1:] == definitions[:1] * 3


def test_a_migration_with_python_in_it_is_run_by_django_in_each_client(make_client, monkeypatch, adds_a_trigger):
    schemas = [make_client(f"flotte-{number}", people=False).schema_name for number in range(2)]
    for schema in schemas:
        lose_trigger(schema)
    seen: list[str] = []
    python = RunPython(lambda apps, editor: seen.append(editor.connection.schema_name))
    monkeypatch.setattr(adds_a_trigger, "operations", [*adds_a_trigger.operations, python])
    call_command("migrate", stdout=StringIO())
    assert sorted(seen) == schemas and all(has_trigger(schema) for schema in schemas)
    assert migrating.late(schemas) == []


def test_a_fleet_that_is_up_to_date_costs_the_same_queries_whatever_its_size(make_client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            call_command("migrate", stdout=StringIO())
        return len(asked)

    make_client("un", people=False)
    few = queries()
    for number in range(3):
        make_client(f"flotte-{number}", people=False)
    assert queries() == few
