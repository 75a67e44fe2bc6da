"""What comes back from mail servers and from people: bounces, complaints, unsubscriptions by mail."""

import re
from email import message_from_bytes, policy

import pytest
from django_tenants.utils import schema_context, tenant_context

from crm.models import Mailing, Message
from crm.models.mailing import MessageState


def bounce(to: str, code: str = "5.1.1", action: str = "failed", original: bytes = b"") -> bytes:
    """As RFC 3464 has it."""
    return (
        b"From: MAILER-DAEMON@mx.example\r\nTo: " + to.encode() + b"\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n'
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; pro@exemple.fr\r\nAction: " + action.encode() + b"\r\nStatus: " + code.encode()
        + b"\r\nDiagnostic-Code: smtp; 550 no such user\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        + original + b"\r\n--b--\r\n"
    )  # fmt: skip


def complaint(original: bytes) -> bytes:
    """As RFC 5965 has it."""
    return (
        b"From: fbl@fai.example\r\nTo: retours@b2o.eu\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n--b\r\n\r\nSpam.\r\n--b\r\n'
        b"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\nUser-Agent: FAI/1\r\n\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + original + b"\r\n--b--\r\n"
    )  # fmt: skip


@pytest.fixture
def dropped(settings, tmp_path, atelier):
    """`dropped(content)`: a file as the mail server drops it, read as beat has it read."""
    from core.mail.tasks import read_returns

    settings.RETURNS_FOLDER = tmp_path

    def drop(content: bytes) -> str:
        (tmp_path / "1.eml").write_bytes(content)
        with schema_context("public"):
            read_returns.delay()
        [place] = [path.parent.name for path in tmp_path.rglob("*.eml")]
        next(tmp_path.rglob("*.eml")).unlink()
        return place

    return drop


def test_a_hard_bounce_suppresses_and_a_soft_one_only_tells(draft, leave, smtp, dropped):
    leave()
    sender = smtp.got[0][0]
    assert dropped(bounce(sender, "5.2.2")) == "done"
    message = Message.objects.get(address="pro@exemple.fr")
    assert (message.state, message.bounce_code) == ("sent", "5.2.2")
    assert dropped(bounce(sender, "4.4.1", "delayed")) in ("done", "unknown")
    assert dropped(bounce(sender)) == "done"
    message.refresh_from_db()
    assert (message.state, message.bounce_code) == ("bounced", "5.1.1") and "550 no such user" in message.error
    again = Mailing.objects.create(
        name="Été", purpose="service", segment=draft.segment, subject="s", text="t", owner=draft.owner
    )
    leave(again)
    assert "pro@exemple.fr" not in smtp.recipients[1:], "a dead address gets not even service mail"


def test_a_complaint_is_known_by_the_message_alone_and_suppresses(draft, leave, smtp, dropped):
    leave()
    assert dropped(complaint(smtp.got[0][2])) == "done"
    assert Message.objects.get(address="pro@exemple.fr").state == MessageState.COMPLAINED


@pytest.mark.parametrize("content", [
    b"", b"\xff\xfe\x00", b"Subject: Bonjour\r\n\r\nrien", bounce("retours+atelier=1=0000000000000000@b2o.eu"),
    bounce("retours+inconnu=1=0000000000000000@b2o.eu"), complaint(b"Subject: x\r\n\r\n"),
    b"To: retours+atelier@b2o.eu\r\nSubject: v1.AAAA.BBBB\r\n\r\n",
])  # fmt: skip
def test_what_is_nobodys_or_forged_changes_nothing(draft, leave, smtp, dropped, content):
    leave()
    assert dropped(content) == "unknown"
    assert Message.objects.get(address="pro@exemple.fr").state == "sent"


def test_people_unsubscribe_by_the_mail_that_their_program_writes(draft, leave, smtp, dropped, atelier):
    leave()
    token = re.search(
        r"/d/(v1\.[\w.-]+)>",
        message_from_bytes(smtp.got[0][2], policy=policy.default)["List-Unsubscribe"].replace("\r\n", ""),
    )[1]
    assert dropped(f"To: <retours+atelier@b2o.eu>\r\nSubject: {token}\r\n\r\n".encode()) == "done"
    with tenant_context(atelier):
        assert Message.objects.get(address="pro@exemple.fr").unsubscribed_at
