"""What the keeper needs to know of a server: how to prepare, start, try and stop it."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Protocol

from config.embedded import identity as identities
from config.embedded.places import fingerprint, pg_install, redis_server, socket_folder


class Server(Protocol):
    """One server of one data folder. `stop_signal` ends it in order, `kill_signal` at once."""

    name: str
    stop_signal: signal.Signals
    kill_signal: signal.Signals

    def prepare(self) -> None: ...
    def command(self) -> list[str]: ...
    def ready(self) -> bool: ...
    def first_steps(self) -> None: ...
    def stale_pid(self) -> int | None: ...


class Site:
    """Folders and binaries of one data folder, made usable by the identity that the servers run under."""

    def __init__(self, data_dir: Path) -> None:
        self.identity = identities.choose(data_dir)
        self.data_dir = data_dir
        # Only the real `nobody` may be unable to come in; a private folder of its own then holds the server's files.
        self.base = data_dir if self.identity.can_use(data_dir) else self._elsewhere()
        self.sockets = self._private(socket_folder(data_dir)) if self.base == data_dir else self.folder("run")

    def folder(self, name: str) -> Path:
        """A private folder of the servers' identity; linked into DATA_DIR when it lies elsewhere."""
        path = self._private(self.base / name)
        link = self.data_dir / name
        if path != link and not link.exists():
            link.symlink_to(path)
        return path

    def program(self, tree: Path, relative: str) -> Path:
        """A binary that the identity can run: the installed one, else a copy of its tree (without headers)."""
        original = tree / relative
        if self.identity.can_use(original):
            return original
        package = tree.parent
        copies = self._elsewhere() / f"{tree.name}-{fingerprint(tree)}"
        if not copies.exists():
            half = copies.with_name(f"{copies.name}.{os.getpid()}")
            skip = shutil.ignore_patterns("include", "__pycache__", "*.a")
            shutil.copytree(tree, half / package.name / tree.name, symlinks=True, ignore=skip)
            # The libraries of a wheel lie beside its package, and its programs look for them there.
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, half / libraries.name)
            half.rename(copies)
        return copies / package.name / tree.name / relative

    def run(self, *command: str | Path) -> None:
        """Run to its end under the identity; output to our own error stream. Raises CalledProcessError."""
        subprocess.run(
            [str(part) for part in command],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=2,
            env=clean_environment(),
            cwd="/",
            preexec_fn=identities.tied_to_parent(self.identity, signal.SIGKILL),
        )

    def _elsewhere(self) -> Path:
        # /var/tmp and not /tmp: it survives a restart of the machine.
        place = Path("/var/tmp") / f"myb2o-{fingerprint(self.data_dir)}"  # noqa: S108
        return self._private(place)

    def _private(self, path: Path) -> Path:
        self._make(path)
        facts = path.lstat()
        if path.is_symlink() or facts.st_uid != self.identity.owner:
            raise PermissionError(
                f"« {path} » appartient à un autre utilisateur (uid {facts.st_uid}) : "
                f"supprimez ce dossier ou choisissez un autre DATA_DIR."
            )
        path.chmod(0o700)
        return path

    def _make(self, path: Path) -> None:
        if path.is_symlink() or path.exists():
            return
        path.mkdir(mode=0o700, exist_ok=True)
        if self.identity.owner != os.geteuid():
            os.chown(path, self.identity.uid, self.identity.gid)


def clean_environment() -> dict[str, str]:
    """Ours without PGHOST, PGOPTIONS and the like, which would lead elsewhere, and without locale surprises."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_", "LD_"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def process_named(pid: int, word: bytes) -> bool:
    """Whether this process runs and its command line holds the word: a recycled pid must not be signalled."""
    try:
        return word in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def wait_for_end(pid: int, word: bytes, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while process_named(pid, word):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


__all__ = ["Server", "Site", "clean_environment", "pg_install", "process_named", "redis_server", "wait_for_end"]
