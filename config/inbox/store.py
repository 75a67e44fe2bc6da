"""Mails that the demo's server got, one file each in a folder that is nobody else's."""

import os
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

KEPT = 500
ENVELOPE = "X-MyB2O-Envelope-To"
CLIENT = "X-MyB2O-Client"
NAME = re.compile(r"\d{19,20}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Received:
    """One mail as it came. Whatever its sender wrote, its parts are text to be shown, never markup."""

    name: str
    raw: bytes
    message: EmailMessage

    @property
    def client(self) -> str:
        return str(self.message.get(CLIENT, ""))

    @property
    def recipients(self) -> str:
        return str(self.message.get(ENVELOPE, ""))

    @property
    def at(self) -> datetime | None:
        try:
            at = parsedate_to_datetime(str(self.message["Date"]))
        except (TypeError, ValueError):
            return None
        return at if at.tzinfo else at.replace(tzinfo=UTC)  # "-0000" is UTC of a sender that does not say its zone

    def part(self, kind: str) -> str:
        """The "plain" or "html" part as text; "" without one."""
        found = self.message.get_body((kind,))
        if found is None:
            return ""
        try:
            return str(found.get_content())
        except (LookupError, UnicodeError, KeyError):  # an unknown encoding: its bytes say more than nothing
            payload = found.get_payload(decode=True)
            return payload.decode("latin-1") if isinstance(payload, bytes) else ""


def keep(folder: Path, content: bytes, recipients: list[str]) -> str:
    """Write a mail, whole or not at all; the oldest leave. Returns its name."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    name = f"{time.time_ns()}-{secrets.token_hex(4)}"
    envelope = ", ".join(re.sub(r"[\r\n]", "", recipient) for recipient in recipients)
    half = folder / f".{name}"
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(f"{ENVELOPE}: {envelope}\r\n".encode() + content)
    half.rename(folder / f"{name}.eml")
    for old in sorted(folder.glob("*.eml"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return name


def received(folder: Path, client: str) -> Iterator[Received]:
    """A client's mails, newest first."""
    for path in sorted(folder.glob("*.eml"), reverse=True):
        found = read(folder, path.stem)
        if found and found.client == client:
            yield found


def read(folder: Path, name: str) -> Received | None:
    if not NAME.fullmatch(name):
        return None
    try:
        raw = (folder / f"{name}.eml").read_bytes()
    except FileNotFoundError:
        return None
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return Received(name, raw, message)
