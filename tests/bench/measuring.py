"""Measuring a request: the CPU of Python and of PostgreSQL, apart from the time of a loaded machine."""

import io
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connection
from django_tenants.utils import tenant_context

CSRF = "b" * 32
FORM = {"kind": "business", "relation": "prospect", "naf": "43.32A", "address": "1 rue du Port", "postcode": "29200"}


@dataclass
class Sample:
    """Milliseconds, one number for each repetition."""

    wall: list[float] = field(default_factory=list)
    python: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    queries: int = 0
    size: int = 0  # bytes of the answer as sent
    floor: float | None = None  # CPU of the same SQL sent raw, both sides

    @property
    def cpu(self) -> float:
        return statistics.median(a + b for a, b in zip(self.python, self.database, strict=True))

    def add(self, wall: float, python: float, database: float) -> None:
        self.wall.append(wall)
        self.python.append(python)
        self.database.append(database)


def backend_pids() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return [pid for (pid,) in cursor.fetchall()]


def backend_ms(pids: list[int]) -> float:
    """Milliseconds of processor that these backends have had: schedstat counts nanoseconds."""
    total = 0
    for pid in pids:
        try:
            total += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        except OSError:
            continue
    return total / 1e6


@contextmanager
def captured() -> Iterator[list[tuple[str, Any]]]:
    """The (SQL, parameters) that Django sends during the block."""
    sent: list[tuple[str, Any]] = []

    def keep(execute, sql, params, many, context):
        sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        yield sent


class Browser:
    """A person signed in at a client, calling the WSGI application itself: everything but the socket."""

    def __init__(self, client: Any, email: str) -> None:
        from config.wsgi import application
        from core.accounts.models import User

        self.application = application
        self.client = client
        self._pids: list[int] = []
        with tenant_context(client):
            user = User.objects.get(email=email)
            session = SessionStore()
            session[SESSION_KEY] = str(user.pk)
            session[BACKEND_SESSION_KEY] = "core.accounts.backends.AccountBackend"
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            session.create()
        self.cookie = f"b2o_session={session.session_key}; b2o_csrf={CSRF}"

    def pids(self) -> list[int]:
        """The backends that may serve this browser: those of the pool."""
        if not self._pids:
            self._pids = backend_pids()
            connection.close()
        return self._pids

    def request(
        self, path: str, data: dict[str, Any] | None = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """(status, body as sent, headers) of a GET, or of a POST when there is data."""
        body = urlencode({"csrfmiddlewaretoken": CSRF, **data}).encode() if data is not None else b""
        path, _question, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": "GET" if data is None else "POST",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": self.client.host,
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": f"{self.client.host}:8000",
            "HTTP_COOKIE": self.cookie,
            "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "SCRIPT_NAME": "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        answer: dict[str, Any] = {}

        def start(status, sent, exc_info=None):
            answer.update(status=int(status[:3]), headers=dict(sent))

        parts = self.application(environ, start)
        content = b"".join(parts)
        parts.close()
        return answer["status"], content, answer["headers"]


def measure(act: Callable[[int], tuple[int, bytes, dict[str, str]]], *, times: int, warm: int = 5) -> Sample:
    """`act(n)` again and again. Raises AssertionError when an answer is an error."""
    sample = Sample()
    for number in range(warm):
        status, _body, _headers = act(-number - 1)
        assert status < 400, f"HTTP {status}"
    with captured() as sent:
        _status, body, _headers = act(-warm - 1)
    sample.queries, sample.size = len(sent), len(body)
    if not any(_repeated(act, times, sample) for _attempt in range(5)):
        raise RuntimeError("the connections of the pool were renewed at each attempt")
    reads = [(sql, params) for sql, params in sent if sql.lstrip().upper().startswith(("SELECT", "(SELECT", "WITH"))]
    if not any(sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")) for sql, _params in sent):
        sample.floor = floor(reads, times)
    return sample


def _repeated(act: Callable[[int], tuple[int, bytes, dict[str, str]]], times: int, sample: Sample) -> bool:
    """Fill the sample. False, and nothing, when the pool renewed a connection: its processor was not read."""
    pids = backend_pids()
    connection.close()
    taken = []
    for number in range(times):
        before, python, wall = backend_ms(pids), time.process_time(), time.perf_counter()
        status, _body, _headers = act(number)
        wall, python = time.perf_counter() - wall, time.process_time() - python
        assert status < 400, f"HTTP {status}"
        taken.append((wall * 1000, python * 1000, backend_ms(pids) - before))
    seen = set(backend_pids()) <= set(pids)
    connection.close()
    for cost in taken if seen else ():
        sample.add(*cost)
    return seen


def floor(sent: list[tuple[str, Any]], times: int) -> float:
    """CPU in ms of the same statements by psycopg, prepared as it likes, rows fetched: client and server."""
    parameters = connection.get_connection_params()
    kept = {name: parameters[name] for name in ("host", "port", "dbname", "user", "password") if parameters.get(name)}
    costs = []
    with psycopg.connect(**kept, autocommit=True) as raw:
        raw.execute(f"SET search_path = {floor.schema}, public")  # type: ignore[attr-defined]
        pid = [raw.info.backend_pid]
        for number in range(times + 6):
            before, python = backend_ms(pid), time.process_time()
            for sql, params in sent:
                raw.execute(sql, params).fetchall()
            if number > 5:
                costs.append((time.process_time() - python) * 1000 + backend_ms(pid) - before)
    return statistics.median(costs)


def environment() -> dict[str, Any]:
    """Of the machine, with the time of a fixed piece of Python: CPU times rise with it when others keep it busy."""
    times = []
    for _round in range(7):
        started = time.process_time()
        sum(number * number for number in range(1_000_000))
        times.append((time.process_time() - started) * 1000)
    return {
        "cpus": os.cpu_count(),
        "load": os.getloadavg(),
        "at": time.strftime("%Y-%m-%d %H:%M:%S"),
        "yardstick_ms": round(statistics.median(times), 1),
        "yardstick_best_ms": round(min(times), 1),
    }
