"""Revoked in one process, dead in all: two real gunicorn workers, and a key that both had served."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

from django.conf import settings
from django_tenants.utils import tenant_context

from core.accounts.models import User
from interfaces import actions
from tests import workers
from tests.interfaces.conftest import signed_request
from tests.workers import wait_for

APP = """
import os
from config.wsgi import application as inner

def application(environ, start_response):
    def begin(status, headers, *more):
        return start_response(status, [*headers, ("X-Pid", str(os.getpid()))], *more)
    return inner(environ, begin)
"""


@contextmanager
def two_workers(folder):
    """gunicorn with two processes on the test's database. Gives `ask(host, key) -> (status, process)`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "told_pid.py").write_text(APP)
    known = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    known |= {"DJANGO_SETTINGS_MODULE": "config.settings.test", "DATABASE_URL": workers.test_database_url()}
    command = [sys.executable, "-m", "gunicorn", "told_pid", f"--bind=127.0.0.1:{port}", "--workers=2",
               f"--pythonpath={folder}", "--no-control-socket"]  # fmt: skip
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=log, stderr=log, env=known)

    def ask(host, key):
        address = f"http://127.0.0.1:{port}/api/crm/companies/"
        request = urllib.request.Request(address, headers={"Host": host, "Authorization": f"Bearer {key}"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers["X-Pid"]
        except urllib.error.HTTPError as error:
            return error.code, error.headers["X-Pid"]
        except OSError:
            return 0, ""

    try:
        wait_for(lambda: ask("nobody.localhost", "x")[0])
        yield ask
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def served_by_all(ask, host, key):
    """{process: status}, once both have answered."""
    found = {}

    def both():
        status, process = ask(host, key)
        found[process] = status
        return len(found) == 2

    wait_for(both)
    return found


def test_a_revoked_key_is_dead_at_once_in_every_process(make_client, tmp_path):
    client = make_client("revocation")
    with tenant_context(client):
        admin = User.objects.get(email="admin@revocation.example")
        request = signed_request({"crm.company": {"read": ["name"]}})
        actions.put_in_force(request, by=admin)
        (one, first), (_two, second) = (
            actions.add_key(request, label=label, per_minute=6000, expires_on=None) for label in ("Un", "Deux")
        )
    with two_workers(tmp_path) as ask:
        assert set(served_by_all(ask, client.host, first).values()) == {200}
        with tenant_context(client):
            actions.revoke_key(one)
        assert set(served_by_all(ask, client.host, first).values()) == {401}
        assert set(served_by_all(ask, client.host, second).values()) == {200}
        with tenant_context(client):
            actions.revoke(request, reason="Fin", by=admin)
        assert set(served_by_all(ask, client.host, second).values()) == {401}
