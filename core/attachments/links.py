"""Signed addresses of files: for one file, one person and five minutes, in one client."""

from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

from core.accounts.models import User
from core.models import Attachment
from core.place import active_schema

LIVES = 300  # seconds
WAYS = ("open", "download", "thumbnail")


@dataclass(frozen=True)
class Pass:
    file: int
    person: int
    way: str


def _signer() -> signing.TimestampSigner:
    # The schema is in the salt: what one client signs is nothing to another.
    return signing.TimestampSigner(salt=f"core.file.{active_schema()}")


def address(file: Attachment, user: User, way: str) -> str:
    """Where this person gets the file, for LIVES seconds. `way`: one of WAYS."""
    return reverse("file", args=[_signer().sign(f"{file.pk}-{user.pk}-{way}")])


def read(token: str) -> Pass:
    """Raises signing.SignatureExpired when it is too late, signing.BadSignature for anything else."""
    parts = _signer().unsign(token, max_age=LIVES).split("-")
    if len(parts) != 3 or parts[2] not in WAYS:
        raise signing.BadSignature(token)
    return Pass(int(parts[0]), int(parts[1]), parts[2])
