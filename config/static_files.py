"""collectstatic only when something it reads has changed: it takes seconds, a look takes milliseconds."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from config.embedded.places import REPOSITORY

SOURCES = ("static", "build/vendor", "config/settings", "core/storage.py", "requirements/base.txt")


def collect_if_changed() -> bool:
    """Run collectstatic into STATIC_ROOT unless nothing changed since the last time. True if it ran."""
    from django.conf import settings
    from django.core.management import call_command

    target = Path(settings.STATIC_ROOT)
    stamp = target.with_name(f"{target.name}.stamp")
    state = fingerprint(REPOSITORY / source for source in SOURCES)
    if target.is_dir() and stamp.exists() and stamp.read_text() == state:
        return False
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(state)
    return True


def fingerprint(sources: Iterable[Path]) -> str:
    """A hash of names, sizes and times of every file below the sources; a missing one counts as empty."""
    digest = hashlib.sha256()
    for source in sources:
        files = sorted(source.rglob("*")) if source.is_dir() else [source]
        for path in files:
            if path.is_file() and path.suffix != ".pyc":
                facts = path.stat()
                digest.update(os.fsencode(path) + f"\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
