"""What is stored is closed with age for one client: written with its public key, read with its private one.

age proves that nothing was changed, cut or added, chunk by chunk. It does not prove who wrote: manifests are signed.
"""

import hmac
import threading
from collections.abc import Generator, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from queue import Full, Queue
from typing import Any

import pyrage
from django.utils.translation import gettext as _
from pyrage import x25519

from backups.errors import BackupError, Damaged
from backups.storage import Storage, Stored

_AHEAD = 64  # blocks between the two threads
_PATIENCE = 0.2  # seconds between two looks at whether anyone still reads


@dataclass(frozen=True)
class Vault:
    """A client's part of a store. Without an identity it writes, and cannot read."""

    store: Storage
    recipient: x25519.Recipient
    identity: x25519.Identity | None = None

    def put(self, key: str, blocks: Iterable[bytes]) -> Stored:
        """Close and store. What `blocks` raises, and what the store raises, comes through; nothing is stored then."""
        with closing(_through(blocks, self._close)) as closed:
            return self.store.put(key, closed)

    def open(self, key: str) -> Generator[bytes]:
        """The content, block by block. Raises Damaged at the first byte that is not what was written."""
        if self.identity is None:
            raise BackupError(_("La clé qui ouvre cette sauvegarde n’est pas sur cette machine."))
        yield from _through(self.store.open(key), self._open)

    def name(self, digest: str) -> str:
        """A file's name in the store: the same content has the same one, and nobody else can tell which content."""
        return hmac.new(str(self.recipient).encode(), digest.encode(), sha256).hexdigest()

    def _close(self, reader: Any, writer: Any) -> None:
        pyrage.encrypt_io(reader, writer, [self.recipient])

    def _open(self, reader: Any, writer: Any) -> None:
        try:
            pyrage.decrypt_io(reader, writer, [self.identity])
        except (pyrage.DecryptError, OSError) as error:  # OSError: of a chunk; that of the store is the reader's
            raise Damaged(_("Une partie ne s’ouvre pas : elle est abîmée, ou d’une autre clé.")) from error


class _Gone(Exception):
    """Whoever read the result stopped."""


class _Reader:
    """A file over blocks. Keeps what they raise: the library would say it in its own words."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks, self._held = iter(blocks), b""
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._held:
                self._held = next(self._blocks)
        except StopIteration:
            return b""
        except BaseException as error:
            self.error = error
            raise
        if size < 0:
            size = len(self._held)
        given, self._held = self._held[:size], self._held[size:]
        return given


class _Writer:
    """A file whose content the other thread takes from a queue; None is its end."""

    def __init__(self, queue: "Queue[bytes | None]", gone: threading.Event) -> None:
        self._queue, self._gone = queue, gone

    def write(self, data: bytes) -> int:
        self.put(bytes(data))
        return len(data)

    def put(self, block: bytes | None) -> None:
        while not self._gone.is_set():
            try:
                return self._queue.put(block, timeout=_PATIENCE)
            except Full:
                continue
        raise _Gone

    def flush(self) -> None:
        """Nothing is kept back."""


def _through(blocks: Iterable[bytes], work: Any) -> Generator[bytes]:
    """What `work(reader, writer)` writes of the blocks. It runs in a thread; this is its end, and ends it."""
    queue: Queue[bytes | None] = Queue(_AHEAD)
    gone, reader = threading.Event(), _Reader(blocks)
    writer, failed = _Writer(queue, gone), list[BaseException]()

    def run() -> None:
        try:
            work(reader, writer)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever reads the result
            failed.append(reader.error or error)
        with suppress(_Gone):
            writer.put(None)

    thread = threading.Thread(target=run, name="backup-age", daemon=True)
    thread.start()
    try:
        while block := queue.get():
            yield block
        if failed:
            raise failed[0]
    finally:
        gone.set()
        thread.join()
