"""Folders, lock files and logs in DATA_DIR, which keep the owner of the folder they are made in.

So a start as root in somebody's checkout leaves nothing behind that this person cannot use afterwards.
"""

import fcntl
import os
from pathlib import Path
from typing import BinaryIO

LOGS_KEPT = 3
OURS = ("log", "locks")  # in DATA_DIR: nothing but what is made here
# Nobody else lists or reads. As root the servers may run under another name, which must pass through.
PRIVATE = 0o711 if os.geteuid() == 0 else 0o700


def make_folder(path: Path, mode: int = PRIVATE) -> Path:
    """Create the folder and its missing parents. Raises OSError."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode, exist_ok=True)
        _give_to_owner_of(path.parent, path)
    return path


def open_lock(path: Path) -> int:
    """A file descriptor to lock, not inherited by programs we start: those must not keep our locks."""
    _private(make_folder(path.parent))
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise PermissionError(
            f"« {path.parent.parent} » appartient à un autre utilisateur : "
            f"lancez la commande sous son nom ou choisissez un autre DATA_DIR."
        ) from error
    _give_to_owner_of(path.parent, path)
    return handle


def try_lock(handle: int, kind: int) -> bool:
    """Take LOCK_SH or LOCK_EX without waiting. A failed attempt gives up the lock that the handle held."""
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_log(path: Path) -> BinaryIO:
    """Start a fresh log and keep the three before it; the caller closes it. Raises OSError."""
    _private(make_folder(path.parent))
    for number in range(LOGS_KEPT, 0, -1):
        older = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number}"))
    log = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab")
    _give_to_owner_of(path.parent, path)
    return log


def last_lines(path: Path, count: int = 8) -> str:
    """The end of a log for a message; empty when there is none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 8192))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def _private(folder: Path) -> None:
    """Close a folder that an earlier version left open to others, with what lies in it."""
    if folder.name not in OURS or not folder.stat().st_mode & 0o066:
        return
    for path in (folder, *folder.iterdir()):
        if path.is_symlink() or os.geteuid() not in (0, path.stat().st_uid):
            continue
        path.chmod(PRIVATE if path.is_dir() else 0o600)


def _give_to_owner_of(folder: Path, path: Path) -> None:
    facts = folder.stat()
    # A private path in /tmp stays ours: only root gives away, and /tmp is root's own.
    if os.geteuid() == 0 and facts.st_uid != 0:
        os.chown(path, facts.st_uid, facts.st_gid)
