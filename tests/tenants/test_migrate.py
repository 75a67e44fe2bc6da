"""`migrate` brings public, the template and every late client up to date, and says who failed."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants import migrating
from tenants.models import Client

pytestmark = pytest.mark.usefixtures("committed")


def forget_last_crm_migration(schema: str) -> None:
    """Make a client look like one that missed the CRM: its tables and their migrations are gone."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {schema}.crm_contact, {schema}.crm_company CASCADE")
        cursor.execute(f"DELETE FROM {schema}.django_migrations WHERE app = 'crm'")
        cursor.execute(f"DELETE FROM {schema}.auth_permission p USING {schema}.django_content_type c "
                       "WHERE c.id = p.content_type_id AND c.app_label = 'crm'")  # fmt: skip
        cursor.execute(f"DELETE FROM {schema}.django_content_type WHERE app_label = 'crm'")


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
    forget_last_crm_migration(schemas[1])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert migrating.late(schemas) == [schemas[1]]
    assert len([q for q in queries if "django_migrations" in q["sql"]]) == 1


def test_a_late_client_gets_the_tables_and_the_templates_content_types(make_client):
    late, current = make_client("retard", people=False), make_client("a-jour", people=False)
    forget_last_crm_migration(late.schema_name)
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
        forget_last_crm_migration(client.schema_name)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {broken.schema_name}.crm_company (id int)")
    with pytest.raises(CommandError, match="casse"):
        call_command("migrate", stdout=StringIO(), stderr=StringIO())
    assert columns(late.schema_name, "crm_company")
    assert Client.objects.filter(code="casse").exists()
