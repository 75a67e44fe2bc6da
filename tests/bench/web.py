"""The real web server: requests a second, memory of its workers, bytes on the wire; and a new client."""

import gzip
import http.client
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import brotli
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django_tenants.utils import schema_context

from core.accounts.models import User
from tenants.models import Client
from tenants.provisioning import create_client, delete_client
from tests.bench import loading
from tests.bench.measuring import Browser, backend_ms
from tests.bench.report import Line, Report

HOST, PORT = "127.0.0.1", 8931
CLIENTS, SECONDS = 8, 4


def serve(report: Report, *, quick: bool) -> None:
    """Start gunicorn as the demo does, with two workers, and put eight clients on the list."""
    with schema_context("public"):
        client = Client.objects.get(code=loading.HUNDRED)
    browser = Browser(client, f"admin@{loading.HUNDRED}.example")
    with serving(client.host) as pid:
        spells = [_load(client.host, browser.cookie, SECONDS) for _spell in range(2 if quick else 5)]
        rate, times = max(spells, key=lambda spell: spell[0])  # the quietest one
        every = ", ".join(f"{rate:.0f}" for rate, _times in spells)
        report.line(
            Line(
                "listes par seconde, 8 clients, 2 processus", rate, "/s", 70, least=True,
                detail=f"le mieux de {every} ; médiane {statistics.median(times):.0f} ms ; "
                "les clients tournent sur la même machine",
            )
        )  # fmt: skip
        workers = _children(pid)
        report.line(Line("mémoire d’un processus web (RSS)", max(_memory(pid, "VmRSS") for pid in workers), "Mio", 130))
        report.line(Line("mémoire d’un processus web (PSS)", max(_pss(pid) for pid in workers), "Mio"))
        _wire(report, client.host, browser.cookie)


@contextmanager
def serving(host: str) -> Iterator[int]:
    """gunicorn as the demo runs it, with two workers, on HOST:PORT; its process."""
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{PORT}", "--workers=2"]
    command += ["--worker-class=gthread", "--threads=4", "--preload", "--log-level=warning", "--no-control-socket"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(host)
        yield server.pid
    finally:
        server.terminate()
        server.wait(10)


def _wait(host: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            _get(host, "/sante/", "")
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("gunicorn did not start")


def _get(host: str, path: str, cookie: str) -> tuple[int, bytes, int, dict[str, str]]:
    """(status, body, bytes of head and body on the wire, headers)."""
    line = http.client.HTTPConnection(HOST, PORT, timeout=30)
    headers = {"Host": f"{host}:8000", "Cookie": cookie, "Accept-Encoding": "gzip, deflate, br, zstd"}
    line.request("GET", path, headers=headers)
    answer = line.getresponse()
    body = answer.read()
    head = sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + 17
    line.close()
    return answer.status, body, head + len(body), {name.lower(): value for name, value in answer.getheaders()}


def _load(host: str, cookie: str, seconds: float) -> tuple[float, list[float]]:
    times: list[float] = []
    for _warm in range(12):
        assert _get(host, "/crm/companies/", cookie)[0] == 200
    end = time.monotonic() + seconds

    def visit() -> None:
        line = http.client.HTTPConnection(HOST, PORT, timeout=30)
        headers = {"Host": f"{host}:8000", "Cookie": cookie, "Accept-Encoding": "gzip, deflate, br, zstd"}
        while (started := time.monotonic()) < end:
            line.request("GET", "/crm/companies/", headers=headers)
            answer = line.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            times.append((time.monotonic() - started) * 1000)

    visitors = [threading.Thread(target=visit) for _number in range(CLIENTS)]
    started = time.monotonic()
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    return len(times) / (time.monotonic() - started), times


def _wire(report: Report, host: str, cookie: str) -> None:
    """The first visit brings the page and what it names; the next one the page alone: files are kept for ever."""
    _status, body, size, headers = _get(host, "/crm/companies/", cookie)
    packed = headers.get("content-encoding", "")
    page = _unpacked(body, packed)
    total, seen, queue = size, set(), re.findall(r'(?:href|src|data-url)="(/static/[^"#]+)', page)
    queue += re.findall(r'(?:href)="(/brand[^"]*)"', page)
    while queue:
        path = queue.pop().split("#")[0]
        if path in seen:
            continue
        seen.add(path)
        status, content, weight, _headers = _get(host, path, cookie)
        assert status == 200, path
        total += weight
        encoding = _headers.get("content-encoding", "")
        if path.endswith((".css", ".js")):
            text = _unpacked(content, encoding)
            base = path.rpartition("/")[0]
            found = re.findall(r"url\([\"']?([^)\"'#]+)", text) + re.findall(
                r"(?:from|import)\s*[\"']([./][^\"']+)", text
            )
            queue += [
                str(Path(base, name)) if name.startswith(".") else name
                for name in found
                if not name.startswith("data:")
            ]
            queue = [_clean(name) for name in queue if name.startswith(("/", "."))]
    report.line(
        Line(
            "liste sur le fil, première visite",
            total / 1024,
            "Kio",
            100,
        )
    )
    report.line(Line("liste, première visite", len(seen) + 1, "requêtes", 13))
    report.line(Line("liste sur le fil, visite suivante", size / 1024, "Kio", 12, detail=packed or "non compressée"))


def _unpacked(body: bytes, encoding: str) -> str:
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress}.get(encoding, bytes)
    return unpack(body).decode()


def _clean(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _memory(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def once(report: Report, *, quick: bool) -> None:
    """A new client."""
    times = []
    for number in range(3):
        with schema_context("public"):
            started = time.perf_counter()
            client = create_client(f"bench-neuf-{number}", "Neuf")
            times.append(time.perf_counter() - started)
            delete_client(client)
    report.line(Line("nouveau client prêt", statistics.median(times), "s", 1))
    walls, cpus = zip(*_on_screen(), strict=True)
    report.line(
        Line(
            "nouveau client, à l’écran d’exploitation (CPU)", statistics.median(cpus), "s", 1,
            detail=f"montre {statistics.median(walls):.2f} s",
        )
    )  # fmt: skip


def _on_screen() -> Iterator[tuple[float, float]]:
    """(wall, processor of Python and PostgreSQL) in seconds, of the whole request: schema, identity, calendar, first
    administrator, the page's redirect. The mail goes to Django's memory: what a mail server takes is its own."""
    host = SimpleNamespace(host=f"ops.{settings.BASE_DOMAIN}", schema_name="public")
    with schema_context("public"):
        person = User.objects.create_user("bench-ops@b2o.example", is_staff=True)
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
    try:
        browser = Browser(host, person.email)
        browser.request("/admin/")
        for number in range(3):
            form = {
                "code": f"bench-ecran-{number}", "name": "Écran", "zone": "france", "email": "premiere@bench.example",
                "first_name": "Première", "last_name": "Personne",
            }  # fmt: skip
            with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
                pids = browser.pids()
                worked, started = time.process_time() + backend_ms(pids) / 1000, time.perf_counter()
                status, body, _headers = browser.request("/admin/tenants/client/add/", form)
                wall = time.perf_counter() - started
                yield wall, time.process_time() + backend_ms(pids) / 1000 - worked
            if status != 302:
                raise RuntimeError(f"{status}: {body[:500]!r}")
    finally:
        with schema_context("public"):
            for client in Client.objects.filter(code__startswith="bench-ecran-"):
                delete_client(client)
            with connection.cursor() as cursor:  # Django would look for the person in tables that only clients have
                cursor.execute("DELETE FROM public.django_admin_log WHERE user_id = %s", [person.pk])
                cursor.execute("DELETE FROM public.mfa_authenticator WHERE user_id = %s", [person.pk])
                cursor.execute("DELETE FROM public.accounts_user WHERE id = %s", [person.pk])
