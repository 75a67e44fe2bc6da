"""The parent of one embedded server: starts it, starts it again if it dies, stops it when nobody uses it any more.

Started by a lease, never by hand: `main(["postgres" or "redis", DATA_DIR, "--throwaway"?])`. Killing it does no harm:
the kernel asks the server to stop (PR_SET_PDEATHSIG) and the next keeper waits for its end.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from config.embedded.files import open_lock, open_log, try_lock
from config.embedded.identity import tied_to_parent
from config.embedded.postgres import Postgres
from config.embedded.redis import Redis
from config.embedded.server import Server, Site, clean_environment, process_named, wait_for_end

TICK_SECONDS = 0.25
RESTART_SECONDS = 1.0
STOP_SECONDS = 8.0
READY_SECONDS = 60.0


class Keeper:
    """Keeps one server of one data folder; see `Lease` for the meaning of the lock files."""

    def __init__(self, name: str, data_dir: Path, *, durable: bool) -> None:
        self.name = name
        self.locks = data_dir / "locks"
        self.data_dir = data_dir
        self.durable = durable
        self.asked_to_stop = False
        self.child: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Return an exit code: 0 after an orderly end, 1 when the server cannot be had."""
        own = self._take_keeper_lock()
        if own is None:
            return 1
        users = open_lock(self.locks / f"{self.name}.users")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        try:
            self.site = Site(self.data_dir)
            self.server = self._server(self.site)
            self._end_stale()
            self.server.prepare()
            self._start()
            self.server.first_steps()
            self._ready_file.write_text(str(os.getpid()))
            self._watch(users)
        finally:
            self._stop()
            self._ready_file.unlink(missing_ok=True)
            # The keeper's lock goes before the users': whoever gets in next must not find a dying keeper alive.
            os.close(own)
            os.close(users)
        return 0

    @property
    def _ready_file(self) -> Path:
        return self.locks / f"{self.name}.ready"

    def _server(self, site: Site) -> Server:
        return Postgres(site, durable=self.durable) if self.name == "postgres" else Redis(site, durable=self.durable)

    def _take_keeper_lock(self) -> int | None:
        handle = open_lock(self.locks / f"{self.name}.keeper")
        for _ in range(100):  # others look at it for an instant
            if try_lock(handle, fcntl.LOCK_EX):
                os.ftruncate(handle, 0)
                os.write(handle, str(os.getpid()).encode())
                return handle
            time.sleep(0.02)
        os.close(handle)
        return None

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop = True

    def _end_stale(self) -> None:
        pid, word = self.server.stale_pid(), self.name.encode()
        if pid is None or not process_named(pid, word):
            return
        for number in (self.server.stop_signal, self.server.kill_signal):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            if wait_for_end(pid, word, STOP_SECONDS):
                return

    def _start(self) -> None:
        self.child = subprocess.Popen(
            self.server.command(),
            stdin=subprocess.DEVNULL,
            stdout=2,
            env=clean_environment(),
            cwd="/",
            start_new_session=True,
            preexec_fn=tied_to_parent(self.site.identity, self.server.stop_signal),  # noqa: PLW1509 (one thread)
        )
        deadline = time.monotonic() + READY_SECONDS
        while not self.server.ready():
            if self.child.poll() is not None or time.monotonic() > deadline or self.asked_to_stop:
                raise SystemExit(1)
            time.sleep(0.02)

    def _watch(self, users: int) -> None:
        """Until nobody holds a lease or somebody asks; the exclusive lock then makes newcomers wait for our end."""
        while not self.asked_to_stop and not try_lock(users, fcntl.LOCK_EX):
            if self.child and self.child.poll() is not None:
                sys.stderr.write(f"keeper: {self.name} ended with {self.child.returncode}, starting it again\n")
                time.sleep(RESTART_SECONDS)
                self._start()
            time.sleep(TICK_SECONDS)

    def _stop(self) -> None:
        if self.child and self.child.poll() is None:
            self.child.send_signal(self.server.stop_signal)
            try:
                self.child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.child.send_signal(self.server.kill_signal)
                self.child.wait()
        if self.child and self.site.sockets.parent == Path("/tmp"):  # noqa: S108 (ours alone, see places.py)
            with contextlib.suppress(OSError):
                self.site.sockets.rmdir()  # refused while the other server's socket is in it


def main(arguments: list[str]) -> int:
    name, data_dir = arguments[0], Path(arguments[1])
    with open_log(data_dir / "log" / f"{name}.log") as log:
        os.dup2(log.fileno(), 2)
    try:
        return Keeper(name, data_dir, durable="--throwaway" not in arguments).run()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
