"""Where backups are kept: a small interface over keys such as `clients/atelier/12/manifest.json`.

The local folder is here; `s3.py` has a bucket behind the same interface.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

BLOCK = 1 << 20
_PARTIAL = ".partial-"


@dataclass(frozen=True)
class Stored:
    """One object as it was written; size in bytes."""

    key: str
    size: int
    sha256: str


class Storage(Protocol):
    """All methods raise OSError when the store fails; `open` raises FileNotFoundError for an unknown key."""

    def put(self, key: str, blocks: Iterable[bytes]) -> Stored:
        """Write an object whole or not at all, over an older one of the same key."""

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of an object, or `length` of them from `start`, block by block."""

    def exists(self, key: str) -> bool: ...

    def list(self, prefix: str) -> Iterator[str]:
        """The keys below a prefix, in order; nothing half written is among them."""

    def delete(self, key: str) -> None:
        """Nothing happens when the key is unknown."""

    def sweep(self, prefix: str) -> None:
        """Remove what killed writers left below a prefix. Only while nobody else writes there."""


class LocalStorage:
    """A folder that only its owner reads. An object appears by a rename, after fsync."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, blocks: Iterable[bytes]) -> Stored:
        target = self._path(key)
        self._make_folder(target.parent)
        partial = target.with_name(f"{_PARTIAL}{secrets.token_hex(8)}")
        digest, size = hashlib.sha256(), 0
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for block in blocks:
                    file.write(block)
                    digest.update(block)
                    size += len(block)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        _fsync_folder(target.parent)
        return Stored(key, size, digest.hexdigest())

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        with self._path(key).open("rb") as file:
            file.seek(start)
            left = length
            while left is None or left > 0:
                block = file.read(BLOCK if left is None else min(BLOCK, left))
                if not block:
                    return
                if left is not None:
                    left -= len(block)
                yield block

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def list(self, prefix: str) -> Iterator[str]:
        for path in sorted(self._path(prefix).rglob("*")):
            if path.is_file() and not path.name.startswith(_PARTIAL):
                yield path.relative_to(self.root).as_posix()

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)
        for folder in self._path(key).parents:
            if folder == self.root or not _remove_if_empty(folder):
                return

    def sweep(self, prefix: str) -> None:
        for path in self._path(prefix).rglob(f"{_PARTIAL}*"):
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        path = self.root / key
        if not key or ".." in path.parts or not path.is_relative_to(self.root):
            raise ValueError(f"not a key: {key!r}")
        return path

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        if folder != self.root:
            self._make_folder(folder.parent)
        folder.mkdir(mode=0o700, parents=folder == self.root, exist_ok=True)


def storage() -> Storage:
    """The store of the settings: a bucket when one is named, else a folder."""
    if settings.BACKUP_S3:
        from backups.s3 import S3Storage  # takes a while to load

        return _bucket(S3Storage, tuple(sorted(settings.BACKUP_S3.items())))
    return LocalStorage(Path(settings.BACKUP_ROOT))


@cache  # connections are kept; nothing of a client's is
def _bucket(made_by: Any, options: tuple[tuple[str, str], ...]) -> Storage:
    return made_by(**dict(options))


def sha256_of(blocks: Iterable[bytes]) -> tuple[str, int]:
    """The digest and the size of a stream."""
    digest, size = hashlib.sha256(), 0
    for block in blocks:
        digest.update(block)
        size += len(block)
    return digest.hexdigest(), size


def _remove_if_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
