"""A client is born complete, from the compiled template, in well under a second."""

import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django_tenants.utils import schema_context

from config import embedded
from tenants.models import Client, Domain
from tenants.provisioning import delete_client

pytestmark = pytest.mark.usefixtures("committed")


def dump(schema: str, *options: str) -> str:
    """pg_dump of one schema, structure and data, with its name replaced."""
    database = connection.get_connection_params()
    pg_dump = Path(embedded.pg_bin()) / "pg_dump" if database.get("host", "").startswith("/") else "pg_dump"
    command = [str(pg_dump), *options, "-n", schema, "--no-owner", "--no-privileges", "-d", _conninfo(database)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
    return "\n".join(lines).replace(schema, "SCHEMA")


def _conninfo(parameters: dict) -> str:
    kept = {name: parameters[name] for name in ("host", "port", "dbname", "user", "password") if parameters.get(name)}
    return " ".join(f"{name}='{value}'" for name, value in kept.items())


def test_a_new_client_is_the_template_to_the_letter(make_client):
    client = make_client("clone", people=False)
    assert dump(client.schema_name) == dump(settings.TEMPLATE_SCHEMA)


def test_a_clients_schema_has_the_roles_content_types_and_migrations_of_the_template(make_client):
    client = make_client("clone", people=False)
    with connection.cursor() as cursor:
        for table in ("accounts_role", "django_content_type", "auth_permission", "django_migrations"):
            cursor.execute(
                f"SELECT (SELECT array_agg(t::text ORDER BY t::text) FROM {settings.TEMPLATE_SCHEMA}.{table} t), "
                f"(SELECT array_agg(t::text ORDER BY t::text) FROM {client.schema_name}.{table} t)"
            )
            template, copy = cursor.fetchone()
            assert template and template == copy


@pytest.mark.parametrize(
    "code", ["www", "ops", "Atelier", "é", "a", "a_b", "pg-x", "a-", "a--b", "a" * 41, "public", "x y"]
)
def test_a_name_that_does_not_fit_is_refused_with_a_reason(code):
    with pytest.raises(CommandError) as refusal:
        call_command("client", "create", code)
    assert code in str(refusal.value) or "réservé" in str(refusal.value)
    assert not Client.objects.filter(code=code).exists()


def test_a_taken_name_is_refused_and_nothing_is_left(make_client):
    make_client("double", people=False)
    with pytest.raises(CommandError, match="existe déjà"):
        call_command("client", "create", "double")
    assert Domain.objects.filter(domain="double.localhost").count() == 1


def test_the_command_creates_lists_suspends_resumes_and_deletes():
    out = StringIO()
    call_command("client", "create", "cycle", "--name", "Cycle SARL", stdout=out)
    try:
        call_command("client", "list", stdout=out)
        assert "cycle.localhost" in out.getvalue() and "Cycle SARL" in out.getvalue()
        call_command("client", "suspend", "cycle", stdout=out)
        assert Client.objects.get(code="cycle").state == "suspended"
        call_command("client", "resume", "cycle", stdout=out)
        assert Client.objects.get(code="cycle").is_served
    finally:
        call_command("client", "delete", "cycle", "--yes", stdout=out)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'cycle'")
        assert cursor.fetchone() == (0,)


def test_an_unknown_client_is_named_with_the_known_ones(make_client):
    make_client("connu", people=False)
    with pytest.raises(CommandError, match="connu"):
        call_command("client", "suspend", "inconnu")


def test_deleting_a_client_leaves_no_file_behind(make_client):
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    from tenants.provisioning import delete_client
    from tenants.storage import media_folder

    client = make_client("fichiers", people=False)
    with schema_context(client.schema_name):
        default_storage.save("note.txt", ContentFile(b"x"))
    assert media_folder(client.schema_name).exists()
    delete_client(Client.objects.get(pk=client.pk))
    assert not media_folder(client.schema_name).exists()


def test_a_client_of_the_same_name_remembers_nothing_of_a_deleted_one(make_client):
    with schema_context(make_client("revenant", people=False).schema_name):
        cache.set("kept", "of the first")
    delete_client(Client.objects.get(code="revenant"))
    with schema_context(make_client("revenant", people=False).schema_name):
        assert cache.get("kept") is None


def test_a_deletion_that_nobody_can_confirm_is_said(atelier, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(CommandError, match="--yes"):
        call_command("client", "delete", atelier.code)
