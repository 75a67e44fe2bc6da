"""Mailings follow their mails: asked before one leaves, told what came of it and what came back."""

import re

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from core.mail.following import Follower, Report, follow
from core.mail.returns import on_mail_to_client
from core.models import MailState, OutgoingMail
from crm.actions.consents import suppress, unsubscribe
from crm.actions.mailings import judged, key_of, send_due
from crm.addresses import digest_of
from crm.models import Message
from crm.models.mailing import MailingState, MessageState
from crm.prospecting import SuppressionReason
from crm.unsubscribing import leaving_of

_TOKEN = re.compile(r"v1\.[\w-]+\.[\w-]+")
_STATES = {
    MailState.SENT: MessageState.SENT,
    MailState.FAILED: MessageState.FAILED,
    MailState.ABANDONED: MessageState.FAILED,
    MailState.UNCERTAIN: MessageState.UNCERTAIN,
}


class MailingFollower(Follower):
    def objection(self, mail: OutgoingMail) -> str:
        """The last word before it leaves: consent and suppression may have changed since it was queued."""
        message = _message(mail)
        if message is None:
            return _("L’envoi n’existe plus.")
        if message.mailing.state == MailingState.CANCELLED:
            return _("L’envoi a été annulé.")
        [(_same, verdict)] = judged(message.mailing, [message])
        if verdict is None:
            return ""
        Message.objects.filter(pk=message.pk).update(
            state=MessageState.EXCLUDED, reason=verdict[0], error=verdict[1], queued_at=None
        )
        return verdict[1]

    def ended(self, mail: OutgoingMail, state: MailState) -> None:
        if state not in _STATES:  # it waits to be tried again, or was excluded just above
            return
        sent = state == MailState.SENT
        changed = {"state": _STATES[state], "error": "" if sent else mail.error, "sent_at": Now() if sent else None}
        _messages(mail).exclude(state=MessageState.EXCLUDED).update(**changed)

    def came_back(self, mail: OutgoingMail, report: Report) -> None:
        message = _message(mail)
        if message is None:
            return
        gone = {"sent_at": message.sent_at or Now(), "bounce_code": report.code, "error": report.text}
        if report.kind == "complaint":
            _messages(mail).update(state=MessageState.COMPLAINED, **gone)
        elif report.hard:
            _messages(mail).update(state=MessageState.BOUNCED, **gone)
        else:
            _messages(mail).update(bounce_code=report.code, error=report.text)
            return
        reason = SuppressionReason.COMPLAINT if report.kind == "complaint" else SuppressionReason.BOUNCE
        suppress(digest_of("email", message.address), reason, source=f"{key_of(message.mailing_id)}")

    def refill(self) -> None:
        send_due()


def unsubscribe_by_mail(subject: str) -> bool:
    """The `mailto:` of the header: the subject is the token."""
    found = _TOKEN.search(subject)
    leaving = leaving_of(found[0]) if found else None
    if leaving is None:
        return False
    unsubscribe(leaving, everything=False, source=_("Message de désinscription"))
    return True


def _messages(mail: OutgoingMail) -> "QuerySet[Message]":
    return Message.objects.filter(mailing_id=int(mail.key.partition(":")[2]), address=mail.recipient)


def _message(mail: OutgoingMail) -> Message | None:
    return _messages(mail).select_related("mailing__mailing_list", "contact__company").first()


follow("mailing", MailingFollower())
on_mail_to_client(unsubscribe_by_mail)
