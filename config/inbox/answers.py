"""What the demo's addresses send back: whatever@rebond.example does not exist, and plainte@… calls it spam."""

import os
import secrets
import time
from pathlib import Path

BOUNCES, COMPLAINS = "@rebond.example", "plainte@"


def answer(folder: Path, content: bytes, recipient: str, sender: str) -> None:
    """Drop the answer of an address, if it has one, where the product reads returns (core.mail.returns)."""
    if recipient.endswith(BOUNCES):
        drop(folder, bounce(content, recipient, sender))
    elif recipient.startswith(COMPLAINS):
        drop(folder, complaint(content, sender))


def bounce(content: bytes, recipient: str, sender: str) -> bytes:
    """RFC 3464: no such mailbox."""
    about = f"Reporting-MTA: dns; mx.rebond.example\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: failed\r\n"
    about += f"Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 <{recipient}> n'existe pas\r\n"
    return _report(sender, "delivery-status", "message/delivery-status", about, content)


def complaint(content: bytes, sender: str) -> bytes:
    """RFC 5965: the person pressed « indésirable »."""
    about = f"Feedback-Type: abuse\r\nUser-Agent: Demo/1\r\nVersion: 1\r\nOriginal-Mail-From: <{sender}>\r\n"
    return _report("retours@b2o.eu", "feedback-report", "message/feedback-report", about, content)


def _report(to: str, report: str, kind: str, about: str, content: bytes) -> bytes:
    boundary = f"b2o-{secrets.token_hex(8)}"
    head = f"To: <{to}>\r\nFrom: MAILER-DAEMON@rebond.example\r\nSubject: {report}\r\nMIME-Version: 1.0\r\n"
    head += f'Content-Type: multipart/report; report-type={report}; boundary="{boundary}"\r\n\r\n'
    parts = [
        "Content-Type: text/plain; charset=utf-8\r\n\r\nVoir le rapport.",
        f"Content-Type: {kind}\r\n\r\n{about}",
        "Content-Type: message/rfc822\r\n\r\n",
    ]
    raw = head + "".join(f"--{boundary}\r\n{part}\r\n" for part in parts[:2])
    return raw.encode() + f"--{boundary}\r\n{parts[2]}".encode() + content + f"\r\n--{boundary}--\r\n".encode()


def drop(folder: Path, message: bytes) -> None:
    """Whole or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{time.time_ns()}-{secrets.token_hex(4)}"
    half = folder / f".{name}"
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(message)
    half.rename(folder / f"{name}.eml")
