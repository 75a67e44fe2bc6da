"""The parent of `child.py`: starts it when a document is wanted, asks, waits no longer than it said, kills."""

from __future__ import annotations

import atexit
import json
import os
import selectors
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

MAX_DATA = 4_000_000  # characters of JSON; ten times the largest record with all its notes
MAX_PDF = 64_000_000
LIVES = 200  # documents after which a child is replaced: typst keeps what it has laid out, 0.1 MB each
_CHILD = Path(__file__).with_name("child.py")
# Nothing of ours is told to the child. Were a template to name a package, typst would look for it through this proxy:
# nobody listens there.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}


class PdfError(Exception):
    """The document could not be made. The message is for people."""


class TooLong(PdfError):
    """The layout did not end in time."""


class TooLarge(PdfError):
    """More than a document holds."""


class Busy(PdfError):
    """Another document of this process was still being made."""


class BadTemplate(Exception):
    """A template of ours is wrong: for developers, not for people."""


class Typesetter:
    """One child, one document at a time. `root` is all that templates can read."""

    def __init__(self, root: Path, fonts: Path) -> None:
        self.root, self.fonts = root, fonts
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._left = 0
        atexit.register(self.stop)

    @property
    def pid(self) -> int:
        """The child's; 0 when there is none."""
        return self._child.pid if self._child is not None else 0

    def make(self, template: str, data: Any, *, at: int, seconds: float) -> bytes:
        """The PDF of a template with data. `at`: its date (seconds since 1970): the same input gives the same bytes.

        Raises TooLarge, TooLong, Busy (all PdfError), BadTemplate.
        """
        text = json.dumps(data, ensure_ascii=False)
        if len(text) > MAX_DATA:
            raise TooLarge(_("Il y a trop à imprimer sur un seul document."))
        message = json.dumps({"template": template, "data": text, "at": at}).encode()
        deadline = time.monotonic() + seconds
        if not self._lock.acquire(timeout=seconds):
            raise Busy(_("Un autre document est en préparation : réessayez dans un instant."))
        try:
            answer = self._ask(message, deadline)
        except BaseException:
            self.stop()  # half of an answer may lie in the pipe: the next one starts with a new child
            raise
        finally:
            self._lock.release()
        if answer[:1] == b"-":
            raise BadTemplate(answer[1:].decode())
        return answer[1:]

    def _ask(self, message: bytes, deadline: float) -> bytes:
        child = self._started()
        self._left -= 1
        _send(child.stdin, struct.pack(">I", len(message)) + message, deadline)  # type: ignore[arg-type]
        (size,) = struct.unpack(">I", _receive(child.stdout, 4, deadline))  # type: ignore[arg-type]
        if size > MAX_PDF:
            raise TooLarge(_("Il y a trop à imprimer sur un seul document."))
        return _receive(child.stdout, size, deadline)  # type: ignore[arg-type]

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._owner == os.getpid():
            if self._left > 0 and self._child.poll() is None:
                return self._child
            self.stop()
        # -I: neither the current folder nor the environment decides what is imported.
        command = [sys.executable, "-I", str(_CHILD), str(self.root), str(self.fonts)]
        self._child = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=_ENVIRONMENT, cwd=self.root
        )
        for pipe in (self._child.stdin, self._child.stdout):
            os.set_blocking(pipe.fileno(), False)  # type: ignore[union-attr]
        self._owner, self._left = os.getpid(), LIVES
        return self._child

    def stop(self) -> None:
        """End the child. One that a parent process had started before a fork is not ours to end."""
        child, self._child = self._child, None
        if child is None or self._owner != os.getpid():
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            pipe.close()  # type: ignore[union-attr]


def _ready(pipe: IO[bytes], event: int, deadline: float) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, event)
        if not selector.select(max(0.0, deadline - time.monotonic())):
            raise TooLong(_("Ce document est trop long à mettre en page."))


def _send(pipe: IO[bytes], data: bytes, deadline: float) -> None:
    rest = memoryview(data)
    while rest:
        _ready(pipe, selectors.EVENT_WRITE, deadline)
        try:
            rest = rest[pipe.write(rest) or 0 :]
        except BrokenPipeError as error:
            raise _gone() from error


def _receive(pipe: IO[bytes], size: int, deadline: float) -> bytes:
    parts, missing = [], size
    while missing:
        _ready(pipe, selectors.EVENT_READ, deadline)
        part = pipe.read(min(missing, 1 << 20))
        if part == b"":
            raise _gone()
        if part:
            parts.append(part)
            missing -= len(part)
    return b"".join(parts)


def _gone() -> PdfError:
    """The child died: killed for its memory, most likely."""
    return TooLarge(_("Il y a trop à imprimer sur un seul document."))
