"""Measuring a request: the CPU of Python and of PostgreSQL, apart from the time of a loaded machine."""

import argparse
import inspect
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
import pyrage
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connection
from django_tenants.utils import tenant_context

CSRF = "b" * 32
FORM = {"kind": "business", "relation": "prospect", "naf": "43.32A", "address": "1 rue du Port", "postcode": "29200"}


QUIET = 1.1  # of the fastest pace of the run: beyond it, others had the machine
ROUNDS, MOST_ROUNDS = 12, 72
ENOUGH = 16  # quiet repetitions: rounds go on until there are that many
_SOURCE = inspect.getsource(argparse)
_fastest = [float("inf")]  # pace of this run…
_known = [float("inf")]  # … and of all runs on this machine: a whole hour may be slow


@dataclass
class Sample:
    """Milliseconds, one number for each repetition; `pace`: the yardstick's, around it."""

    wall: list[float] = field(default_factory=list)
    python: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    pace: list[float] = field(default_factory=list)
    floors: list[tuple[float, float]] = field(default_factory=list)  # CPU of the same SQL sent raw, both sides; pace
    queries: int = 0
    size: int = 0  # bytes of the answer as sent

    @property
    def at_pace(self) -> list[int]:
        """The repetitions made while the machine was at its own pace."""
        return [number for number, pace in enumerate(self.pace) if pace <= _fastest[0] * QUIET]

    @property
    def quiet(self) -> list[int]:
        """The repetitions that are judged: those, or else as many of the quietest."""
        own = self.at_pace
        return own if len(own) >= ENOUGH else sorted(range(len(self.pace)), key=self.pace.__getitem__)[:ENOUGH]

    @property
    def slowness(self) -> float:
        """How much slower than it was ever known the machine was during what is judged: 1 is a quiet machine."""
        return self.median(self.pace) / min(_known[0], _fastest[0])

    @property
    def cpu(self) -> float:
        return self.median([a + b for a, b in zip(self.python, self.database, strict=True)])

    @property
    def floor(self) -> float | None:
        own = [cost for cost, pace in self.floors if pace <= _fastest[0] * QUIET]
        return statistics.median(own or [cost for cost, _pace in self.floors]) if self.floors else None

    def median(self, costs: list[float]) -> float:
        return statistics.median(costs[number] for number in self.quiet)

    def add(self, wall: float, python: float, database: float, pace: float) -> None:
        self.wall.append(wall)
        self.python.append(python)
        self.database.append(database)
        self.pace.append(pace)


def yardstick() -> float:
    """Milliseconds of processor of a fixed piece of work, of which the machine's pace is judged.

    A processor that is shared with others gives the same seconds and less work in them: what a request costs rises and
    falls with it, by more than half. The work is like a request's: much memory, much code, little arithmetic.
    """
    times = []
    for _time in range(3):
        started = time.process_time()
        compile(_SOURCE, "yardstick", "exec")
        times.append((time.process_time() - started) * 1000)
    pace = statistics.median(times)
    _fastest[0] = min(_fastest[0], pace)
    return pace


def remember_pace(path: Path) -> None:
    """Read the best pace that earlier runs met here; called again at the end, keep what this one met."""
    _known[0] = min(_fastest[0], float(path.read_text()) if path.exists() else _fastest[0])
    if _known[0] < float("inf"):
        path.write_text(str(_known[0]))


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


def work_seconds() -> float:
    """Seconds of processor that this process, its threads, and the whole PostgreSQL server have had so far, the
    backends that are gone included: ticks of 10 ms. For what takes seconds and opens its own connections."""
    postmaster = int(Path(f"/proc/{backend_pids()[0]}/stat").read_text().rpartition(")")[2].split()[1])
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(folder.name) == postmaster:
            total += sum(map(int, fields[11:15]))  # its own, and its children's that have ended
        elif int(fields[1]) == postmaster:
            total += sum(map(int, fields[11:13]))
    return time.process_time() + total / os.sysconf("SC_CLK_TCK")


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


Act = Callable[[int], tuple[int, bytes, dict[str, str]]]


def measure(schema: str, acts: list[Act], *, times: int, warm: int = 5) -> list[Sample]:
    """Each `act(n)` again and again, a few of one and a few of the next, in rounds: a while in which others have the
    machine touches them all alike, and nobody's only chance. More rounds of what met no quiet enough while.

    Raises AssertionError when an answer is an error.
    """
    samples = [_first(act, warm) for act in acts]
    each = -(-times // ROUNDS)
    for number in range(MOST_ROUNDS):
        for act, (sample, reads) in zip(acts, samples, strict=True):
            if number >= ROUNDS and len(sample.at_pace) >= ENOUGH:
                continue
            if not any(_repeated(act, range(number * each, (number + 1) * each), sample) for _attempt in range(5)):
                raise RuntimeError("the connections of the pool were renewed at each attempt")
            if reads is not None:
                _floor(schema, sample, reads, each)
    return [sample for sample, _reads in samples]


def _first(act: Act, warm: int) -> tuple[Sample, list[tuple[str, Any]] | None]:
    """An empty sample, and the statements that the operation sends; None when it writes."""
    for number in range(warm):
        status, _body, _headers = act(-number - 1)
        assert status < 400, f"HTTP {status}"
    with captured() as sent:
        _status, body, _headers = act(-warm - 1)
    writes = any(sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")) for sql, _params in sent)
    reads = [(sql, params) for sql, params in sent if sql.lstrip().upper().startswith(("SELECT", "(SELECT", "WITH"))]
    return Sample(queries=len(sent), size=len(body)), None if writes else reads


def _repeated(act: Act, numbers: range, sample: Sample) -> bool:
    """Add to the sample. False, and nothing, when the pool renewed a connection: its processor was not read."""
    pids = backend_pids()
    connection.close()
    act(numbers[0])  # others have been here since: the first one pays for them
    taken = []
    before_all = yardstick()
    for number in numbers:
        before, python, wall = backend_ms(pids), time.process_time(), time.perf_counter()
        status, _body, _headers = act(number)
        wall, python = time.perf_counter() - wall, time.process_time() - python
        assert status < 400, f"HTTP {status}"
        taken.append((wall * 1000, python * 1000, backend_ms(pids) - before))
    pace = max(before_all, yardstick())
    seen = set(backend_pids()) <= set(pids)
    connection.close()
    for cost in taken if seen else ():
        sample.add(*cost, pace)
    return seen


def _floor(schema: str, sample: Sample, sent: list[tuple[str, Any]], times: int) -> None:
    """The same statements by psycopg, prepared as it likes, rows fetched."""
    parameters = connection.get_connection_params()
    kept = {name: parameters[name] for name in ("host", "port", "dbname", "user", "password") if parameters.get(name)}
    costs = []
    with psycopg.connect(**kept, autocommit=True) as raw:
        raw.execute(f"SET search_path = {schema}, public")
        pid = [raw.info.backend_pid]
        for number in range(times + 6):
            before, python = backend_ms(pid), time.process_time()
            for sql, params in sent:
                raw.execute(sql, params).fetchall()
            if number > 5:
                costs.append((time.process_time() - python) * 1000 + backend_ms(pid) - before)
    pace = yardstick()
    sample.floors.extend((cost, pace) for cost in costs)


def environment() -> dict[str, Any]:
    """Of the machine, with its pace: CPU times rise with it when others keep it busy."""
    paces = [yardstick() for _time in range(7)]
    identity, data = pyrage.x25519.Identity.generate(), os.urandom(64_000_000)
    started = time.process_time()
    pyrage.encrypt(data, [identity.to_public()])
    return {
        "cpus": os.cpu_count(),
        "load": os.getloadavg(),
        "at": time.strftime("%Y-%m-%d %H:%M:%S"),
        "yardstick_ms": round(statistics.median(paces), 2),
        "yardstick_best_ms": round(_fastest[0], 2),
        "yardstick_best_known_ms": round(min(_known[0], _fastest[0]), 2),
        "age_mb_s": round(64 / (time.process_time() - started)),  # 914 on the machine of the budgets, says backups.md
    }
