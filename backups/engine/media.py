"""A client's files: stored once by content, shared by all backups of the same client."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from backups.engine.sealed import Vault
from backups.errors import BackupError, Damaged
from backups.storage import BLOCK, sha256_of

STAGING = ".restore"  # beside the files, so that each is put back by a rename
DOWNLOADS = "downloads"  # archives of backups, for a day: no backup holds another
_ATTEMPTS = 3


@dataclass(frozen=True)
class File:
    """`path` is relative to the client's folder, with "/"; `blob` is its name in the store."""

    path: str
    size: int
    sha256: str
    blob: str

    as_dict = asdict


def keep(vault: Vault, folder: Path, blobs: str) -> Iterator[File]:
    """Store what is not stored yet, closed. Called after the database's snapshot: what a row names is there already."""
    for path in _walk(folder):
        try:
            yield _keep(vault, path, folder, blobs)
        except FileNotFoundError:
            continue  # deleted since the listing; rows of the snapshot keep their files 48 h (backups.md)


def blob_key(blobs: str, name: str) -> str:
    return f"{blobs}/{name[:2]}/{name}"


def stage(vault: Vault, files: list[File], folder: Path, blobs: str) -> list[tuple[Path, Path]]:
    """Bring the files that lack, or differ, beside their place. Returns (staged, place). Raises Damaged."""
    moves = []
    for number, file in enumerate(files):
        place = _place(folder, file.path)
        if place.is_file() and _digest(place) == file.sha256:
            continue
        staged = folder / STAGING / str(number)
        staged.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
            target.writelines(vault.open(blob_key(blobs, file.blob)))
        if _digest(staged) != file.sha256:
            raise Damaged(_("Le fichier « %(path)s » de la sauvegarde est abîmé.") % {"path": file.path})
        moves.append((staged, place))
    return moves


def put_back(moves: list[tuple[Path, Path]], aside: str) -> None:
    """Rename staged files into place. What is there under the same name is kept, with `aside` added to its name."""
    for staged, place in moves:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if place.exists():
            place.rename(place.with_name(place.name + aside))
        staged.replace(place)


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        apart = {STAGING, DOWNLOADS} if Path(root) == folder else {STAGING}
        folders[:] = sorted(set(folders) - apart)
        for name in sorted(names):
            path = Path(root, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _keep(vault: Vault, path: Path, folder: Path, blobs: str) -> File:
    for _attempt in range(_ATTEMPTS):
        digest, size = sha256_of(_read(path))
        name = vault.name(digest)
        key = blob_key(blobs, name)
        file = File(path.relative_to(folder).as_posix(), size, digest, name)
        if vault.store.exists(key):  # the content names the object, and `verify` reads it again
            return file
        seen = hashlib.sha256()
        vault.put(key, _seen(_read(path), seen))
        if seen.hexdigest() == digest:
            return file
        vault.store.delete(key)
    raise BackupError(_("Le fichier « %(path)s » change sans cesse.") % {"path": path.name})


def _seen(blocks: Iterator[bytes], digest: Any) -> Iterator[bytes]:
    for block in blocks:
        digest.update(block)
        yield block


def _digest(path: Path) -> str:
    return sha256_of(_read(path))[0]


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _place(folder: Path, relative: str) -> Path:
    place = folder / relative
    if Path(relative).is_absolute() or ".." in Path(relative).parts:
        raise Damaged(_("Nom de fichier refusé : %(path)s") % {"path": relative})
    return place
