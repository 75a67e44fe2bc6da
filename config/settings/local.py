"""A secret that a development machine makes once and keeps."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def kept_secret(path: Path) -> str:
    """The text kept in `path`, made at first use (64 characters, readable by the owner only)."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another process was first: its secret is the one
            os.link(made, path)
        made.unlink()
    return path.read_text().strip()
