"""Headless Chromium against a real threaded server, each test on a client of its own.

A browser test also fails on a console error (a breach of the CSP is one), a page error, or a request that leaves the
instance. CHROMIUM names the browser; without one these tests are not run (see scripts/bootstrap.py).
"""

import os
import shutil
import time
from pathlib import Path

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import LiveServerThread
from django_tenants.utils import tenant_context

from tests.browser.judging import violations
from tests.conftest import PASSWORD, ROLES

# Playwright's synchronous API runs an event loop in this thread; Django would take it for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


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
    """A client of the test's own, and the browser's page on it."""

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

    def rows(self):
        """A context in which this client's rows can be made and read."""
        return tenant_context(self.client)


@pytest.fixture
def instance(make_client, page, server, monkeypatch):
    """`instance.sign_in("sales", "/crm/companies/")`, then drive `instance.page`."""
    client = make_client("vitrine")
    shown = Instance(client, page, server)
    problems = shown.problems
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    # Chromium’s own promise, when one navigation cuts the animation of another short.
    page.on("pageerror", lambda error: "Transition was aborted" in str(error) or problems.append(str(error)))
    page.on("request", lambda request: _note_foreign(request.url, shown.url, problems))
    yield shown
    drafting = page.locator("form[data-draft]").count()
    page.close()
    if drafting:
        time.sleep(0.5)  # the last draft is sent while the page goes; the client must outlive it
    assert problems == []


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
