"""Headless Chromium against a real threaded server, each test on a client of its own.

A browser test also fails on a console error (a breach of the CSP is one), a page error, or a request that leaves the
instance. CHROMIUM names the browser; without one these tests are not run (see scripts/bootstrap.py).
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connection
from django.test import Client as HttpClient
from django.test.testcases import LiveServerThread
from django_tenants.utils import schema_context, tenant_context

from core.accounts.models import User
from tenants.provisioning import create_client, delete_client
from tests.browser.judging import SIZES, violations
from tests.conftest import PASSWORD, ROLES, add_people

# Playwright's synchronous API runs an event loop in this thread; Django would take it for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args():
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    return {"executable_path": browser, "args": FLAGS} if browser else {"args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "fr-FR", "timezone_id": "Europe/Paris", "viewport": SIZES["desktop"]}


class _Server(LiveServerThread):
    server_class = ThreadedWSGIServer


@pytest.fixture(scope="session")
def server(django_db_setup, django_db_blocker):
    """The port of a server for every client's host."""
    with django_db_blocker.unblock():
        thread = _Server("localhost", StaticFilesHandler, connections_override={})
        thread.daemon = True
        thread.start()
        thread.is_ready.wait()
        if thread.error:
            raise thread.error
        yield thread.port
        thread.terminate()


class Instance:
    """A client and the browser's page on it."""

    def __init__(self, client, page, port):
        self.client, self.page, self.port = client, page, port
        self.url = f"http://{client.host}:{port}"
        self.problems: list[str] = []  # seen by the browser; there must be none at the end

    def open(self, path: str = "/") -> None:
        self.page.goto(self.url + path)

    def sign_in(self, role: str = "sales", path: str = "/") -> None:
        """Through the page, as a person does."""
        self.open(f"/account/login/?next={path}")
        self.page.get_by_label("Adresse e-mail").fill(f"{ROLES[role]}@{self.client.code}.example")
        self.page.get_by_label("Mot de passe").fill(PASSWORD)
        self.page.get_by_role("button", name="Se connecter").click()
        self.page.wait_for_url(f"{self.url}{path}")

    def enter(self, role: str = "sales", path: str = "/") -> None:
        """Signed in without the sign-in page: for tests of what lies behind it."""
        visitor = HttpClient(headers={"host": self.client.host})
        with self.rows():
            visitor.force_login(User.objects.get(email=f"{ROLES[role]}@{self.client.code}.example"))
        session = visitor.cookies[settings.SESSION_COOKIE_NAME]
        self.page.context.clear_cookies()
        self.page.context.add_cookies([{"name": session.key, "value": session.value, "url": self.url}])
        self.open(path)

    def rows(self):
        """A context in which this client's rows can be made and read."""
        return tenant_context(self.client)


@contextmanager
def watched(client, page, port) -> Iterator[Instance]:
    """The browser's page on that client; at the end there must have been no problem."""
    shown = Instance(client, page, port)
    problems = shown.problems
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    # Chromium’s own promise, when one navigation cuts the animation of another short.
    page.on("pageerror", lambda error: "Transition was " in str(error) or problems.append(str(error)))
    page.on("request", lambda request: _note_foreign(request.url, shown.url, problems))
    yield shown
    drafting = page.locator("form[data-draft]").count()
    page.close()
    if drafting:
        time.sleep(0.5)  # the last draft is sent while the page goes; the client must outlive it
    assert problems == []


@pytest.fixture
def instance(make_client, page, server):
    """A client of the test's own. `instance.sign_in("sales", "/crm/companies/")`, then drive `instance.page`."""
    with watched(make_client("vitrine"), page, server) as shown:
        yield shown


@pytest.fixture(scope="module")
def gallery_client(django_db_setup, django_db_blocker):
    """A client that the tests of a module share: for those that look more than they change."""
    with django_db_blocker.unblock():
        with schema_context("public"):
            client = create_client("galerie", "Galerie")
        add_people(client)
        connection.close()
    yield client
    with django_db_blocker.unblock(), schema_context("public"):
        delete_client(client)
    connection.close()


@pytest.fixture
def gallery(committed, gallery_client, page, server):
    """As `instance`, on the module's client."""
    with watched(gallery_client, page, server) as shown:
        yield shown


def expected_failures(instance) -> None:
    """Chromium itself writes an error of the console for a page whose status is one."""
    instance.problems[:] = [text for text in instance.problems if "the server responded with a status of" not in text]


def _note_foreign(url: str, own: str, problems: list[str]) -> None:
    if not url.startswith((own, "data:", "blob:")):
        problems.append(f"leaves the instance: {url}")


@pytest.fixture(scope="session")
def axe():
    """`axe(page)`: no violation of accessibility on what the page shows now."""

    def check(page) -> None:
        found = violations(page)
        assert not found, "\n".join(found)

    return check
