"""Processes that belong to one supervising process: their logs, their restarts, their end."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from config.embedded.files import last_lines, open_log
from config.embedded.places import REPOSITORY

TETHER = REPOSITORY / "config" / "embedded" / "tether.py"
LONGEST_PAUSE_SECONDS = 30
HEALTHY_AFTER_SECONDS = 60
STOP_SECONDS = 6.0
SERIOUS = re.compile(r"\b(ERROR|CRITICAL)\b")


class Child:
    """One program, in a process group of its own, that dies with us and is started again when it dies alone."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self.name = name
        self.command = command
        self.log = log
        self.failures = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._retry_at: float | None = None
        self._read = 0

    def start(self) -> None:
        """Raises OSError."""
        with open_log(self.log) as log:
            self._process = subprocess.Popen(
                [sys.executable, "-S", str(TETHER), str(os.getpid()), sys.executable, *self.command],
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                umask=0o077,  # mails with links, logs, files of clients: nobody else's
                process_group=0,  # Ctrl-C reaches us alone: we stop the others in order
            )
        self._started, self._retry_at, self._read = time.monotonic(), None, 0

    def look_after(self) -> str:
        """Start it again if it died, after a growing pause. What to tell the person, else an empty text."""
        now = time.monotonic()
        if self._retry_at is not None:
            if now >= self._retry_at:
                self.start()
            return ""
        if self._process is None or self._process.poll() is None:
            return ""
        self.failures = 1 if now - self._started > HEALTHY_AFTER_SECONDS else self.failures + 1
        pause = min(2 ** (self.failures - 1), LONGEST_PAUSE_SECONDS)
        self._retry_at = now + pause
        code = self._process.returncode
        return f"{self.name} s’est arrêté (code {code}), nouvel essai dans {pause} s. Journal : {self.log}"

    def new_errors(self, most: int = 3) -> list[str]:
        """Serious lines that came into the log since the last call, shortened."""
        try:
            with self.log.open("rb") as log:
                log.seek(self._read)
                text = log.read(1_000_000)
        except OSError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        lines = [line for line in whole.decode(errors="replace").splitlines() if SERIOUS.search(line)]
        return [f"{self.name} : {line[:200]}" for line in lines[:most]]

    def tail(self) -> str:
        return last_lines(self.log, 15)

    def ask_to_stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def end(self, seconds: float) -> None:
        """Wait for its end, at most so long; then whatever is left of its group is killed."""
        if self._process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(seconds, 0.0))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def stop_all(children: list[Child]) -> None:
    """Ask all at once, then wait for each within one common limit."""
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.end(deadline - time.monotonic())
