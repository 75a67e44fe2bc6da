"""Fixtures that every test shares.

Two ways to the database:
- `atelier` and `horizon` (and `signed_in`) run in a transaction that is rolled back. The two clients exist for the
  whole session; a test sees them as they were born, with one person for each role.
- `make_client` gives a client of its own, really committed: for threads, live servers, workers, backups. It is
  destroyed at the end.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client as HttpClient
from django_tenants.utils import schema_context, tenant_context

pytest_plugins = ["config.embedded.pytest_plugin", "tests.people", "tests.mailbox"]

HERE = Path(__file__).parent
PASSWORD = "correct horse battery"  # every test account's
ROLES = {"administrator": "admin", "sales": "sales", "reader": "reader"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The marks by which scripts/run_checks.py runs the tests in parts; tests/browser has its own."""
    for item in items:
        if item.path.relative_to(HERE).parts[0] in ("contract", "core"):
            item.add_marker(pytest.mark.kernel)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, tmp_path_factory) -> Iterator[None]:
    """The test database, whatever the test asks for. pytest-django's own makes it only for tests that it marks itself."""
    from django.conf import settings
    from django.test.utils import setup_databases

    folder = tmp_path_factory.mktemp("files")  # files of the tests lie in a folder of this run
    settings.MEDIA_ROOT = folder / "media"
    settings.BACKUP_ROOT = folder / "backups"
    settings.BACKUP_KEYRING = folder / "keyring"
    seed = os.environ.get("TEST_SEED", "")  # `make test` has put it in this cluster, migrated: scripts/seed.py
    with django_db_blocker.unblock():
        if seed:
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{connection.settings_dict["TEST"]["NAME"]}" TEMPLATE "{seed}"')
        setup_databases(
            verbosity=0, interactive=False, keepdb=bool(seed), aliases={"default"}, serialized_aliases=set()
        )
    yield
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        connection.close()
        connection.close_pool()
        # FORCE: a backend takes a moment to leave after its client has, and Django's own teardown would stumble on it.
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def add_people(client) -> None:
    """One person for each preset role: admin@, sales@ and reader@<code>.example."""
    from core.accounts.models import Role, User

    with tenant_context(client):
        for role, name in ROLES.items():
            user = User.objects.create_user(f"{name}@{client.code}.example", first_name=name.title(), last_name="Test")
            user.set_password(PASSWORD)
            user.save()
            user.roles.set(Role.objects.filter(code=role))


@pytest.fixture(scope="session")
def _two_clients(django_db_setup, django_db_blocker):
    from tenants.provisioning import create_client, delete_client

    with django_db_blocker.unblock():
        clients = {}
        for code, name in (("atelier", "Atelier Morvan"), ("horizon", "Horizon Promotion")):
            with schema_context("public"):
                clients[code] = create_client(code, name)
            add_people(clients[code])
    yield clients
    with django_db_blocker.unblock(), schema_context("public"):
        for client in clients.values():
            delete_client(client)


@pytest.fixture
def atelier(_two_clients, db) -> Iterator:
    """The client of most tests; active while the test runs."""
    with tenant_context(_two_clients["atelier"]):
        cache.clear()
        yield _two_clients["atelier"]


@pytest.fixture
def horizon(_two_clients, db):
    """Another client: activate it with tenant_context."""
    with tenant_context(_two_clients["horizon"]):
        cache.clear()
    return _two_clients["horizon"]


def visitor(client) -> HttpClient:
    """A browser, not signed in, that only talks to a client's host."""
    return HttpClient(headers={"host": client.host}, raise_request_exception=True)


@pytest.fixture
def signed_in(db) -> Callable[..., HttpClient]:
    """`signed_in(atelier, "sales")`: a browser where that client's person of that role is signed in."""
    from core.accounts.models import User

    def sign_in(client, role: str = "sales") -> HttpClient:
        browser = visitor(client)
        with tenant_context(client):
            browser.force_login(User.objects.get(email=f"{ROLES[role]}@{client.code}.example"))
        return browser

    return sign_in


@pytest.fixture
def committed(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The database without a transaction around the test: what it writes stays, so it cleans up after itself."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        yield
        connection.close()


@pytest.fixture
def make_client(committed) -> Iterator[Callable]:
    """`make_client("code")`: a client really committed, with its people; destroyed afterwards."""
    from tenants.models import Client
    from tenants.provisioning import create_client, delete_client

    codes: list[str] = []

    def make(code: str | None = None, *, people: bool = True):
        code = code or f"essai-{len(codes) + 1}"
        with schema_context("public"):
            client = create_client(code, code.title())
        codes.append(code)
        if people:
            add_people(client)
        return client

    yield make
    with schema_context("public"):
        for client in Client.objects.filter(code__in=codes):
            delete_client(client)


@pytest.fixture
def within() -> Callable[..., AbstractContextManager]:
    """`with within(horizon): …` makes a client active."""
    return tenant_context
