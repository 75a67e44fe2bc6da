"""What comes back from mail servers and from people: bounces, complaints, unsubscriptions by mail."""

import re
from email import message_from_bytes, policy

import pytest
from django_tenants.utils import schema_context, tenant_context

from crm.actions.consents import suppress
from crm.addresses import digest_of
from crm.models import Contact, Mailing, Message
from crm.models.mailing import MessageState
from crm.prospecting import SuppressionReason
from crm.returns import explained


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


def test_what_came_back_is_said_in_plain_french_with_the_servers_words_beside(leave, smtp, dropped, atelier, signed_in):
    mailing = leave()
    contact = Contact.objects.get(email="pro@exemple.fr")
    page = f"/crm/mailings/{mailing.pk}/recipients/"
    record = f"/crm/contacts/{contact.pk}/prospecting/"
    dropped(bounce(smtp.got[0][0]))
    said = signed_in(atelier).get(page).content.decode()
    assert "L’adresse n’existe pas (5.1.1)." in said and "Réponse du serveur : 550 no such user" in said
    dropped(complaint(smtp.got[0][2]))
    said = signed_in(atelier).get(page).content.decode()
    assert "Le destinataire l’a signalé comme indésirable." in said and "abuse" not in said
    said = signed_in(atelier).get(record).content.decode()
    assert f'Envoi <a class="link" href="/crm/mailings/{mailing.pk}/">Printemps</a>' in said and "mailing:" not in said


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("5.2.2", "La boîte du destinataire est pleine (5.2.2)."),
        ("5.1.9", "L’adresse n’est pas valable (5.1.9)."),
        ("5.6.1", "Le serveur du destinataire ne l’a pas pris (5.6.1)."),
        ("", "Le serveur du destinataire ne l’a pas pris."),
    ],
)
def test_each_code_has_its_words(code, said):
    assert explained(Message(state="failed", error=f"550 {code} no".replace("  ", " ")))[0] == said


def test_the_mailing_behind_an_opposition_is_named_to_whoever_may_read_it_alone(draft, person):
    contact = Contact.objects.get(email="pro@exemple.fr")
    seller = person(crm="read", scope="own")
    Contact.objects.filter(pk=contact.pk).update(owner=seller.user)
    suppress(digest_of("email", contact.email), SuppressionReason.COMPLAINT, source=f"mailing:{draft.pk}")
    said = seller.get(f"/crm/contacts/{contact.pk}/prospecting/").content.decode()
    assert "Retour d’un envoi" in said and "Printemps" not in said and "mailing:" not in said


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
