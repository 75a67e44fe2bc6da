"""Production as it runs: gunicorn with its own configuration and settings, asked over a real socket."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings
from django.test.utils import override_settings

from config.operations.residency import residency
from tests import workers
from tests.workers import wait_for

# Asked for /slow/, it answers once a file appears: a request that is under way when the server is told to stop.
APP = """
import os, time
from config.wsgi import application as inner

def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow/":
        open(os.environ["BEGUN"], "w").close()
        while not os.path.exists(os.environ["GO_ON"]):
            time.sleep(0.02)
        environ["PATH_INFO"] = "/healthz"
    return inner(environ, start_response)
"""
REGISTER = """
[[place]]
holds = ["application", "database", "cache", "files", "backups"]
host = "disk"
country = "FR"
city = "Roubaix"
operator = "Hébergeur"

[[place]]
holds = ["mail"]
host = "smtp.hebergeur.fr"
country = "FR"
city = "Roubaix"
operator = "Hébergeur"
"""


def environment(folder: Path, **more: str) -> dict[str, str]:
    register = folder / "hosting.toml"
    register.write_text(REGISTER)
    ours = ("PYTEST", "DJANGO_ALLOW_ASYNC_UNSAFE")  # the tests' own
    known = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return known | {
        "SECRET_KEY": secrets.token_urlsafe(48), "UNSUBSCRIBE_KEY": secrets.token_urlsafe(48), "DATABASE_URL": workers.test_database_url(),
        "REDIS_URL": settings.CACHES["default"]["LOCATION"], "BASE_DOMAIN": "localhost", "DATA_DIR": str(folder),
        "EMAIL_URL": f"smtp+tls://b2o:{secrets.token_urlsafe(24)}@smtp.hebergeur.fr:587",
        "HOSTING_REGISTER": str(register), **more,
    }  # fmt: skip


class Server:
    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "log"
        self.figures = folder / "figures"
        self.figures.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        (folder / "slow_app.py").write_text(APP)
        known = environment(
            folder, DJANGO_SETTINGS_MODULE="tests.operations.production", WEB_BIND=f"127.0.0.1:{self.port}",
            PROMETHEUS_MULTIPROC_DIR=str(self.figures), BEGUN=str(folder / "begun"), GO_ON=str(folder / "go"),
            WEB_WORKERS="1",
        )  # fmt: skip
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "deploy/gunicorn.conf.py",
            f"--pythonpath={folder}",
            "slow_app",
        ]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=log, stderr=log, env=known)

    def ask(
        self, path: str, *, host: str = "localhost", body: bytes | None = None, secure: bool = True, **headers: str
    ):
        """(status, headers, body); a redirection is an answer."""
        sent = {"Host": host, **({"X-Forwarded-Proto": "https"} if secure else {}), **headers}

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *args):
                return None

        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, headers=sent)
        try:
            with urllib.request.build_opener(Stay).open(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def answers(self) -> bool:
        try:
            return self.ask("/healthz")[0] == 200
        except OSError:
            return False

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.log.read_text().splitlines(keepends=True) if line.endswith("\n")]


def test_the_server_of_production_from_its_first_answer_to_its_last(make_client, tmp_path):
    client = make_client("production")
    server = Server(tmp_path)
    try:
        wait_for(server.answers, 120)
        _health(server)
        _headers(server, client.host)
        _log(server, client)
        _figures(server)
        _stop(server)
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        assert not any(line["level"] == "ERROR" for line in server.lines()), server.log.read_text()[-3000:]


def _health(server):
    assert server.ask("/healthz", secure=False)[2] == b"ok"
    assert server.ask("/readyz", secure=False)[2] == b"ok"
    status, headers, _body = server.ask("/", secure=False)
    assert status == 301 and headers["Location"] == "https://localhost/"


def _headers(server, host):
    status, headers, _body = server.ask("/account/login/", host=host)
    assert status == 200
    assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin" and headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert len(headers["X-Request-ID"]) == 32
    cookies = headers.get_all("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert (
            cookie.startswith("__Host-b2o_") and "; Secure" in cookie and "; Path=/" in cookie and "HttpOnly" in cookie
        )
        assert "Domain" not in cookie and "SameSite=Lax" in cookie
    assert server.ask("/account/login/", host=host, body=b"login=x")[0] == 403


def _log(server, client):
    """Whatever somebody types where, no address of a person is in the log; each line has its client and request."""
    mail = "claire.dupont@exemple.fr"
    for path in (f"/?q={mail}", f"/{mail}/", f"/account/login/?next=/{mail}", "/%63laire.dupont%40exemple.fr"):
        server.ask(path, host=client.host)
    server.ask("/account/login/", host=client.host, body=f"login={mail}".encode(), Referer=f"https://x/{mail}")
    server.ask("/", host=f"{mail.replace('@', '.')}.localhost")
    number = server.ask(f"/api/crm/companies/?q={mail}", host=client.host, Authorization=f"Bearer {mail}")[1][
        "X-Request-ID"
    ]
    text = wait_for(lambda: number in (found := server.log.read_text()) and found)
    assert "dupont@" not in text and "dupont%40" not in text
    told = next(line for line in server.lines() if line.get("request") == number and "page" in line)
    assert told["client"] == client.schema_name and told["page"] == "api-rows" and told["status"] == 401
    assert {"at", "level", "logger", "message", "ms"} <= told.keys()


def _figures(server):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROMETHEUS_MULTIPROC_DIR", str(server.figures))
        from config.operations.gauges import told

        text = told().decode()
    assert 'b2o_requests_total{method="GET",page="account_login",status="200"}' in text
    assert "b2o_request_seconds_bucket" in text and re.search(r'b2o_clients\{state="(live|trial)"\} [1-9]', text)
    assert len(re.findall("# TYPE b2o_up ", text)) == 1
    assert 'b2o_up{server="database"} 1.0' in text and 'b2o_up{server="redis"} 1.0' in text
    assert 'b2o_queue_length{queue="celery"}' in text and 'b2o_waiting{what="jobs"} 0.0' in text
    assert float(next(line for line in text.splitlines() if line.startswith("b2o_backup_age_seconds")).split()[-1]) > 0


def _stop(server):
    """SIGTERM: what is under way is answered, and the end is clean."""
    got = {}
    slow = threading.Thread(target=lambda: got.update(answer=server.ask("/slow/")))
    slow.start()
    wait_for(lambda: (server.folder / "begun").exists())
    server.process.send_signal(signal.SIGTERM)
    wait_for(lambda: any("Handling signal: term" in line["message"] for line in server.lines()))
    assert server.process.poll() is None and "answer" not in got
    (server.folder / "go").touch()
    slow.join(60)
    assert got["answer"][0] == 200 and got["answer"][2] == b"ok"
    assert server.process.wait(60) == 0


# --- before it starts -----------------------------------------------------------------------------------------------
def test_the_deployment_check_finds_nothing(committed, tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], cwd=settings.BASE_DIR, check=False,
        capture_output=True, text=True, env=environment(tmp_path, DJANGO_SETTINGS_MODULE="config.settings.prod"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture
def judge(tmp_path):
    """`judge(register, …settings)`: the ids of what the residency check finds."""

    def found(register: str, **more) -> list[str]:
        path = tmp_path / "hosting.toml"
        path.write_text(register)
        with override_settings(HOSTING_REGISTER=path, EMAIL_HOST="smtp.hebergeur.fr", **more):
            return [message.id for message in residency()]

    return found


def test_a_copy_outside_of_france_or_of_the_register_stops_the_deployment(judge):
    """R10."""
    assert judge(REGISTER) == []
    assert judge(REGISTER.replace('country = "FR"', 'country = "IE"', 1)) == ["b2o.R10c"]
    assert judge(REGISTER.replace('"backups"', '"replica"')) == ["b2o.R10d"]
    assert judge(REGISTER.replace("smtp.hebergeur.fr", "smtp.other.com")) == ["b2o.R10d"]
    assert judge(REGISTER, BACKUP_ROOT="s3://bucket.s3.eu-west-1.amazonaws.com/x") == ["b2o.R10d"]
    far = {"default": {"BACKEND": "x", "OPTIONS": {"endpoint_url": "https://s3.amazonaws.com"}}}
    assert judge(REGISTER, STORAGES={**settings.STORAGES, **far}) == ["b2o.R10d"]
    database = {"default": {**settings.DATABASES["default"], "HOST": "db.example.com"}}
    assert "b2o.R10d" in judge_database(judge, database)


def judge_database(judge, databases):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "DATABASES", databases)
        return judge(REGISTER)


@pytest.mark.parametrize(
    "register", ["", "place = 3", "[[place]]\nhost = 'x'", REGISTER.replace('"mail"', '"everything"'), "not toml"]
)
def test_a_register_that_says_nothing_stops_it_too(judge, register):
    assert judge(register) == ["b2o.R10b"]


def test_no_register_at_all_stops_it(tmp_path):
    with override_settings(HOSTING_REGISTER=tmp_path / "nothing.toml"):
        assert [message.id for message in residency()] == ["b2o.R10a"]
