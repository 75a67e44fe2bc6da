"""The text of a key, and what is kept of it. Nothing here loads the framework of the API."""

import hashlib
import re
import secrets

BITS = 256
FORM = re.compile(r"b2o_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> tuple[str, str, str]:
    """(the key as it is shown once, its prefix, its digest). 256 random bits: SHA-256 needs neither salt nor time."""
    prefix = "".join(secrets.choice(_LETTERS) for _number in range(8))
    key = f"b2o_{prefix}_{secrets.token_urlsafe(BITS // 8)}"
    return key, prefix, digest_of(key)


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
