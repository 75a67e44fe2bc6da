"""Clients that really exist (committed), with rows, history and files, and a store of their own for each test."""

import itertools
import os
import shutil
import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django_tenants.utils import schema_context, tenant_context

from backups import postgres
from backups.actions import sweep
from backups.engine import snapshot
from backups.models import Backup, Download, RestoreRequest
from tenants.models import Client, Domain
from tenants.provisioning import schema_of
from tenants.storage import media_folder

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def vault(tmp_path, settings, committed):
    """The folder of the backups. These tests delete catalogue rows: never in a database that is not a test's."""
    assert "test" in connection.settings_dict["NAME"]
    settings.BACKUP_ROOT = tmp_path / "backups"
    settings.BACKUP_KEYRING = tmp_path / "keyring"
    return settings.BACKUP_ROOT


@pytest.fixture
def make_backed_up(make_client):
    """make_client, then everything that a backup or a restore leaves beside the client is removed."""
    made = []

    def make():
        code = f"bk-{next(_numbers)}"
        made.append(code)
        return make_client(code, people=False)

    yield make
    for code in made:
        remove(code)


def remove(code):
    """Everything of a client, its catalogue included."""
    schema = schema_of(code)
    with postgres.connect() as own:
        found = own.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ %s", [f"^(b2o_scratch_)?{schema}$"])
        for (name,) in found.fetchall():
            postgres.drop_schema(own, name)
    Domain.objects.filter(tenant__code=code).delete()
    for client in Client.objects.filter(code=code):
        client.delete(force_drop=False)
    RestoreRequest.objects.all().delete()
    forget_downloads()
    Backup.objects.all().delete()
    sweep()
    shutil.rmtree(media_folder(schema), ignore_errors=True)


def forget_downloads():
    """What left is never forgotten: only the tables' owner can, without their triggers."""
    if Download.objects.exists():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE backups_downloadfetch DISABLE TRIGGER USER")
            cursor.execute("DELETE FROM backups_downloadfetch")
            cursor.execute("ALTER TABLE backups_downloadfetch ENABLE TRIGGER USER")
        Download.objects.all().delete()


@pytest.fixture
def client_with_data(make_backed_up):
    """A client with companies, contacts, their history, a session and files."""
    client = make_backed_up()
    fill(client)
    return client


def fill(client, companies=40):
    from crm.models import Company, Contact

    with tenant_context(client):
        rows = Company.objects.bulk_create(
            [
                Company(name=f"Société d’Été n° {n}\t\\N", city="Évreux", note="« ligne 1 »\nligne 2")
                for n in range(companies)
            ]
        )
        Contact.objects.bulk_create(
            [Contact(company=row, last_name=f"Lefèvre {row.pk}", first_name="Zoé") for row in rows]
        )
        Company.objects.filter(pk=rows[0].pk).update(note="modifiée")
        Contact.objects.filter(company=rows[1]).delete()
        default_storage.save("pièces/devis.txt", ContentFile("Devis signé".encode()))
        default_storage.save("pièces/double.txt", ContentFile("Devis signé".encode()))
        default_storage.save("photo.bin", ContentFile(bytes(range(256)) * 5000))


def content(client_or_schema):
    """Count and sums of every table of a schema, generated columns included; sessions apart."""
    schema = getattr(client_or_schema, "schema_name", client_or_schema)
    with postgres.connect() as own:
        every = (
            "SELECT array_agg(attname ORDER BY attname) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        )
        tables = [
            snapshot.Table(table.name, tuple(own.execute(every, [f'"{schema}"."{table.name}"']).fetchone()[0]))
            for table in snapshot.tables(own, schema)
        ]
        found = snapshot.sums(own, schema, tables)
        found.pop("django_session")
        return {
            "rows": found,
            "definitions": snapshot.shape(own, schema),
            "next": snapshot.sequences(own, schema),
        }


def files(client):
    folder = media_folder(client.schema_name)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def sql():
    """A connection beside Django's, as another worker's would be."""
    with psycopg.connect(**{**postgres._parameters(), "autocommit": True}) as own:
        yield own


@pytest.fixture
def companies():
    """How many companies a client has."""

    def count(client):
        from crm.models import Company

        with schema_context(client.schema_name):
            return Company.objects.count()

    return count


class Look:
    """What the tests see of a client, under one name: conftest is not imported."""

    content, files, fill = staticmethod(content), staticmethod(files), staticmethod(fill)

    def __init__(self):
        self.names = []

    @staticmethod
    def person(client, role="admin"):
        """One of the people that add_people made."""
        from core.accounts.models import User

        with tenant_context(client):
            return User.objects.get(email=f"{role}@{client.code}.example")

    def later(self, code):
        """A client that the test will make itself."""
        self.names.append(code)
        return code

    @contextmanager
    def writers(self, schema, count):
        """Threads that insert companies, two a transaction, until the end of the block; yields how many each did."""
        stop, written = threading.Event(), []

        def write(number):
            with psycopg.connect(**{**postgres._parameters(), "autocommit": True}) as own:
                own.execute("SELECT set_config('search_path', %s, false)", [schema])
                done = 0
                while not stop.is_set():
                    with own.transaction():
                        own.execute(INSERT, [f"Écrite par {number}"])
                        time.sleep(0.01)
                        own.execute(INSERT, [f"Écrite par {number}"])
                    done += 2
                written.append(done)

        threads = [threading.Thread(target=write, args=[number]) for number in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield written
        finally:
            stop.set()
            for thread in threads:
                thread.join()


INSERT = (
    "INSERT INTO crm_company (name, legal_name, kind, relation, is_supplier, siren, siret, vat_number, naf, "
    "registry_state, address, postcode, city, phone, email, website, source, note, updated_at) "
    "VALUES (%s, '', 'business', 'prospect', false, '', '', '', '', '', '', '', '', '', '', '', '', '', now())"
)


@pytest.fixture
def look(committed):
    found = Look()
    yield found
    connection.set_schema_to_public()
    for code in found.names:
        remove(code)


@pytest.fixture
def libpq():
    """The environment in which psql finds the tests' database."""
    names = {"dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD", "host": "PGHOST", "port": "PGPORT"}
    found = {name: str(value) for key, name in names.items() if (value := postgres._parameters().get(key))}
    folder = getattr(settings, "PG_BIN", None)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}" if folder else os.environ["PATH"]
    return {**os.environ, **found, "PATH": path}
