"""A process's right to the embedded servers, counted by shared file locks, which the kernel gives back at any death.

Per server, in DATA_DIR/locks: `<name>.users` is held shared by each user and exclusively by whoever stops the server;
`<name>.start` by the process that is starting it; `<name>.keeper` by its keeper, for the keeper's whole life.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.embedded import places
from config.embedded.files import last_lines, make_folder, open_lock, try_lock

START_SECONDS = 90  # initdb on a slow disk
STOP_SECONDS = 20

# The keeper without the package around it: config/__init__.py loads Celery, 0.3 s and 30 MB that it has no use for.
KEEPER = """
import sys, types
sys.modules["config"] = types.ModuleType("config")
sys.modules["config"].__path__ = [sys.argv[1]]
from config.embedded.keeper import main
sys.exit(main(sys.argv[2:]))
"""


class EmbeddedError(RuntimeError):
    """A server did not start; the message says why, in French, for the terminal."""


@dataclass(frozen=True)
class Urls:
    """Addresses: `database` for django-environ, `dsn` for psycopg, `redis` for redis-py, `broker` for Celery."""

    database: str
    dsn: str
    redis: str
    broker: str


class Lease:
    """Keeps one server (`postgres` or `redis`) of one data folder running until `release`."""

    def __init__(self, name: str, data_dir: Path, *, durable: bool = True) -> None:
        self.name = name
        self.data_dir = data_dir
        self.durable = durable
        self.locks = data_dir / "locks"
        self._users: int | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def take(self) -> None:
        """Start the server unless it runs. Raises EmbeddedError."""
        self.begin()
        self.wait_until_ready()

    def begin(self) -> None:
        """First half of `take`, so that several servers start side by side."""
        make_folder(self.data_dir)
        self._starting = open_lock(self.locks / f"{self.name}.start")
        fcntl.flock(self._starting, fcntl.LOCK_EX)
        if self._users is None:
            users = open_lock(self.locks / f"{self.name}.users")
            fcntl.flock(users, fcntl.LOCK_SH)  # waits while somebody stops the server
            self._users = users
        if not self.kept():
            self._start_keeper()

    def wait_until_ready(self) -> None:
        """Second half of `take`. Raises EmbeddedError."""
        try:
            deadline = time.monotonic() + START_SECONDS
            while not self._ready():
                if (self._child and self._child.poll() is not None) or time.monotonic() > deadline:
                    raise EmbeddedError(self._failure())
                time.sleep(0.02)
        except BaseException:
            self.release()
            raise
        finally:
            os.close(self._starting)

    def kept(self) -> bool:
        """Whether a keeper lives."""
        handle = open_lock(self.locks / f"{self.name}.keeper")
        try:
            return not try_lock(handle, fcntl.LOCK_SH)
        finally:
            os.close(handle)

    def renew(self) -> bool:
        """For long-lived processes: start the server again if its keeper was killed. True if it had to."""
        if self._users is None or self.kept():
            return False
        self.take()
        return True

    def release(self) -> None:
        """Give the lease back; the last one out stops the server and waits until it is gone."""
        users, self._users = self._users, None
        if users is None:
            return
        try:
            if try_lock(users, fcntl.LOCK_EX):
                self._stop_keeper()
            elif not try_lock(users, fcntl.LOCK_SH):
                self._wait_for_keeper(self._keeper_pid())  # somebody else is stopping it
        finally:
            os.close(users)
            if self._child and not self.kept():
                self._child.wait()
                self._child = None

    def _start_keeper(self) -> None:
        (self.locks / f"{self.name}.ready").unlink(missing_ok=True)
        command = [sys.executable, "-c", KEEPER, str(places.REPOSITORY / "config"), self.name, str(self.data_dir)]
        self._child = subprocess.Popen(
            command if self.durable else [*command, "--throwaway"],
            cwd=places.REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in our terminal is for us, not for the servers
        )

    def _ready(self) -> bool:
        try:
            ready = (self.locks / f"{self.name}.ready").read_text()
        except OSError:
            return False
        return ready == str(self._keeper_pid()) and self.kept()

    def _keeper_pid(self) -> int:
        try:
            return int((self.locks / f"{self.name}.keeper").read_text() or 0)
        except (OSError, ValueError):
            return 0

    def _stop_keeper(self) -> None:
        pid = self._keeper_pid()
        if pid and self.kept():
            os.kill(pid, signal.SIGTERM)
            self._wait_for_keeper(pid)

    def _wait_for_keeper(self, pid: int) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        while self.kept() and self._keeper_pid() == pid and time.monotonic() < deadline:
            time.sleep(0.02)

    def _failure(self) -> str:
        log = self.data_dir / "log" / f"{self.name}.log"
        return f"Le serveur intégré « {self.name} » n’a pas démarré. Fin de {log} :\n{last_lines(log)}"


def take_servers(
    data_dir: str | os.PathLike[str], *, postgres: bool = True, redis: bool = True, durable: bool = True
) -> list[Lease]:
    """Take both leases, starting side by side. Raises EmbeddedError, and then holds none."""
    data = places.canonical(data_dir)
    wanted = [name for name, asked in (("postgres", postgres), ("redis", redis)) if asked]
    leases = [Lease(name, data, durable=durable) for name in wanted]
    try:
        for lease in leases:
            lease.begin()
        for lease in leases:
            lease.wait_until_ready()
    except BaseException:
        release_all(leases)
        raise
    return leases


def release_all(leases: list[Lease]) -> None:
    """Give every lease back, in reverse."""
    for lease in reversed(leases):
        lease.release()


@contextmanager
def servers(
    data_dir: str | os.PathLike[str], *, postgres: bool = True, redis: bool = True, durable: bool = True
) -> Iterator[Urls]:
    """The servers of a data folder for the time of the block; `durable=False` is for tests. Raises EmbeddedError."""
    leases = take_servers(data_dir, postgres=postgres, redis=redis, durable=durable)
    try:
        yield Urls(
            places.database_url(data_dir),
            places.dsn(data_dir),
            places.redis_url(data_dir),
            places.broker_url(data_dir),
        )
    finally:
        release_all(leases)
