"""A secret that a development machine makes once and keeps."""

import secrets
from pathlib import Path


def kept_secret(path: Path) -> str:
    """The text kept in `path`, made at first use (64 characters, readable by the owner only)."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()
