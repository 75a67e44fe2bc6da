"""The sender: one at a time in each client, one mail after another.

A mail is claimed in one committed step and marked as handed over in a second, just before its content goes out. So
after a worker's death it is known of each mail whether it may have left: what was only claimed is sent by the next
worker; what was handed over is never sent again by itself.
"""

import logging
import smtplib
from contextlib import suppress
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.core.mail.message import utf8_charset_qp
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from core.alone import alone
from core.mail import dkim
from core.mail.following import Follower, follower_of, refill
from core.mail.queueing import CLIENT_HEADER
from core.mail.returns import return_path
from core.models import MailSettings, MailState, OutgoingMail
from core.place import active_schema

logger = logging.getLogger(__name__)
BATCH = 200  # mails of one task; others of the queue get their turn
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440)]  # then it is abandoned


class Refused(Exception):
    """The server refuses this mail for good."""


class Later(Exception):
    """Not now; `everything`: nor any other, the server itself is in trouble."""

    def __init__(self, text: str, *, everything: bool = False) -> None:
        super().__init__(text)
        self.everything = everything


class Uncertain(Exception):
    """The line fell while the content went out: it may have arrived."""


def deliver() -> bool:
    """Send what is due. Returns whether more is due now, for another task."""
    while True:
        with alone("mail") as mine:
            if not mine:
                return False
            recover()
            more = _deliver_batch()
            if not more:
                refill()
        if more is not None:
            return more
        # Somebody who found the lock taken has left: what they came for is ours to do.
        if not _due().exists():
            return False


def recover() -> None:
    """Of mails that are being sent while nobody sends: their worker died. Called with the lock."""
    sending = OutgoingMail.objects.filter(state=MailState.SENDING)
    sending.filter(handed_over_at=None).update(state=MailState.QUEUED, next_try_at=Now())
    text = _("Le serveur s’est arrêté pendant l’envoi : ce courriel est peut-être parti. Il n’est pas renvoyé seul.")
    doubtful = list(sending)
    for mail in doubtful:
        _end(mail, MailState.UNCERTAIN, error=text)
    if doubtful:
        logger.error("mail: %d mails may or may not have left when their worker died", len(doubtful))


def _end(mail: OutgoingMail, state: MailState, **values: Any) -> None:
    """What came of a claimed mail, and whoever follows it is told: one transaction."""
    with transaction.atomic():
        ours = OutgoingMail.objects.filter(pk=mail.pk, attempts=mail.attempts, state=MailState.SENDING)
        if ours.update(state=state, **values):
            mail.error = values.get("error", "")
            follower_of(mail).ended(mail, state)


def _deliver_batch() -> bool | None:
    """True: more is due; False: nothing more can be sent now; None: all that was due is sent."""
    server, most = get_connection(), most_per_hour()
    try:
        for _number in range(BATCH):
            if _sent_lately() >= most:
                logger.warning("mail: %d in an hour, the others wait", most)
                return False
            mail = _claim()
            if mail is None:
                return None
            if not _send(mail, server):
                return False
    finally:
        with suppress(smtplib.SMTPException, OSError):  # what counts has been answered
            server.close()
    return _due().exists()


def _due() -> Any:
    return OutgoingMail.objects.filter(state=MailState.QUEUED, next_try_at__lte=timezone.now())


def most_per_hour() -> int:
    """How many mails of this client may leave in an hour: its own setting, else the vendor's."""
    return MailSettings.objects.values_list("per_hour", flat=True).first() or settings.MAIL_PER_HOUR


def _sent_lately() -> int:
    return OutgoingMail.objects.filter(sent_at__gt=timezone.now() - timedelta(hours=1)).count()


def _claim() -> OutgoingMail | None:
    """The next mail, marked as being sent; committed before anything leaves."""
    for mail in _due().order_by("next_try_at", "id")[:1]:
        mine = OutgoingMail.objects.filter(pk=mail.pk, state=MailState.QUEUED)
        if mine.update(state=MailState.SENDING, attempts=F("attempts") + 1):
            mail.refresh_from_db()
            return mail
    return None


def _send(mail: OutgoingMail, server: Any) -> bool:
    """Send a claimed mail and write what came of it. False when the server is in trouble: the others wait."""
    objection = follower_of(mail).objection(mail)
    if objection:
        _end(mail, MailState.EXCLUDED, error=objection)
        return True
    try:
        _transmit(mail, server)
    except Refused as error:
        _end(mail, MailState.FAILED, error=str(error), handed_over_at=None)
        logger.warning("mail %s refused for good", mail.pk)
    except Uncertain as error:
        text = _("La liaison est tombée pendant l’envoi : ce courriel est peut-être parti. Il n’est pas renvoyé seul.")
        _end(mail, MailState.UNCERTAIN, error=f"{text} {error}")
        logger.error("mail %s may or may not have left", mail.pk)
        return False
    except Later as error:
        given_up = mail.attempts > len(PAUSES)
        pause = PAUSES[min(mail.attempts, len(PAUSES)) - 1]
        _end(
            mail, MailState.ABANDONED if given_up else MailState.QUEUED, error=str(error), handed_over_at=None,
            next_try_at=timezone.now() + pause,
        )  # fmt: skip
        logger.warning("mail %s: attempt %d failed", mail.pk, mail.attempts)
        return not error.everything
    else:
        _end(mail, MailState.SENT, sent_at=Now(), error="")
    return True


def _transmit(mail: OutgoingMail, server: Any) -> None:
    """Raises Refused, Later or Uncertain."""
    message = message_of(mail)
    if not isinstance(server, SmtpBackend):  # the tests' own, the console
        _hand_over(mail)
        server.send_messages([message])
        return
    line = _open(server)
    content = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own class
    sender = parseaddr(mail.sender)[1]
    content = dkim.signed(content, sender.rpartition("@")[2])
    followed = type(follower_of(mail)) is not Follower
    try:
        line.ehlo_or_helo_if_needed()
        _accepted(
            line,
            *line.mail(
                return_path(mail) if followed else sender, [f"size={len(content)}"] if line.has_extn("size") else []
            ),
        )
        _accepted(line, *line.rcpt(mail.recipient))
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        server.connection = None
        raise Later(_said(error), everything=True) from error
    _hand_over(mail)
    try:
        _accepted(line, *line.data(content))
    except smtplib.SMTPDataError as error:  # not even asked for the content
        _accepted(line, error.smtp_code, error.smtp_error)
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        server.connection = None
        raise Uncertain(_said(error)) from error


def _open(server: SmtpBackend) -> smtplib.SMTP:
    try:
        server.open()
    except (smtplib.SMTPException, OSError) as error:  # also a password that is not accepted: not the mail's fault
        server.connection = None
        raise Later(_said(error), everything=True) from error
    assert isinstance(server.connection, smtplib.SMTP)
    return server.connection


def _accepted(line: smtplib.SMTP, code: int, answer: bytes | str) -> None:
    """2xx passes. Raises Refused on 5xx, Later on the rest."""
    if 200 <= code < 300:
        return
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    with suppress(smtplib.SMTPException, OSError):
        line.rset()
    if code == 421:  # it closes the line
        raise Later(f"{code} {text}"[:1000], everything=True)
    raise (Refused if 500 <= code < 600 else Later)(f"{code} {text}"[:1000])


def _said(error: Exception) -> str:
    return f"{type(error).__name__} {error}"[:1000]


def _hand_over(mail: OutgoingMail) -> None:
    """Committed before the first byte of the content. From here on a death leaves a doubt."""
    OutgoingMail.objects.filter(pk=mail.pk).update(handed_over_at=Now())


def message_of(mail: OutgoingMail) -> EmailMultiAlternatives:
    headers = {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated", **mail.headers}
    headers[CLIENT_HEADER] = active_schema()
    message = EmailMultiAlternatives(mail.subject, mail.text, mail.sender, [mail.recipient], headers=headers)
    # ASCII alone on the line: a server that must convert what is not would break the signature (RFC 6376, 5.3).
    message.encoding = utf8_charset_qp
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message
