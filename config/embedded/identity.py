"""Under which identity the servers run. PostgreSQL refuses root; root's folders refuse everybody else.

Chosen in this order:
1. not root: oneself;
2. root in somebody's folder: that person, so that they can go on without root;
3. root in root's folder: a user namespace, where root is called `nobody` and still owns its files (/root stays closed);
4. no user namespaces (plain Docker): the real `nobody`, on copies under /var/tmp where it cannot reach the originals.
"""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
# Loaded here and not after fork(), where only the simplest calls are safe.
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Identity:
    """`namespace`: uid and gid are names inside a user namespace; else, as root, the ones to become."""

    uid: int
    gid: int
    namespace: bool = False

    @property
    def owner(self) -> int:
        """The uid to which files must belong, seen from outside."""
        return os.geteuid() if self.namespace else self.uid

    def enter(self) -> None:
        """Become this identity; for a forked child. Raises OSError."""
        if self.namespace:
            _enter_namespace(self.uid, self.gid)
        elif os.geteuid() != self.uid:
            os.setgroups([])
            os.setgid(self.gid)
            os.setuid(self.uid)

    def can_use(self, *paths: Path) -> bool:
        """Whether every path can be reached and read under this identity (tried in a child)."""

        def look() -> bool:
            self.enter()
            return all(os.access(path, os.R_OK | os.X_OK) for path in paths)

        return _in_child(look)


def choose(data_dir: Path) -> Identity:
    """The identity for the servers of this folder, which need not exist yet."""
    if os.geteuid() != 0:
        return Identity(os.geteuid(), os.getegid())
    folder = next(place for place in (data_dir / "postgres", data_dir, *data_dir.parents) if place.exists())
    owner = folder.stat().st_uid
    if owner != 0 and _named(owner):
        return Identity(owner, pwd.getpwuid(owner).pw_gid)
    nobody = _nobody()
    namespaced = Identity(nobody.pw_uid, nobody.pw_gid, namespace=True)
    if namespaced.can_use(folder):
        return namespaced
    return Identity(nobody.pw_uid, nobody.pw_gid)


def tied_to_parent(identity: Identity | None, death_signal: signal.Signals) -> Callable[[], None]:
    """What a child does before exec: take the identity, then ask for a signal when its parent dies."""
    parent = os.getpid()

    def prepare() -> None:
        if identity is not None:
            identity.enter()
        # After the change of identity, which clears it.
        if sys.platform == "linux":
            _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def _nobody() -> pwd.struct_passwd:
    """initdb wants a name for its uid: `nobody` exists everywhere, otherwise any other account will do."""
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        return next(account for account in pwd.getpwall() if account.pw_uid != 0)


def _named(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _enter_namespace(uid: int, gid: int) -> None:
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {outer_uid} 1")
    _write("/proc/self/gid_map", f"{gid} {outer_gid} 1")


def _write(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)


def _in_child(check: Callable[[], bool]) -> bool:
    child = os.fork()
    if child == 0:
        result = 1
        try:
            result = 0 if check() else 1
        finally:
            os._exit(result)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
