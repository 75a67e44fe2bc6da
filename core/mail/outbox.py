"""What administrators do with the outbox: look, try again, settle a doubt."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from core.mail.following import follower_of
from core.mail.queueing import wake
from core.models import MailState, OutgoingMail

AGAIN = (MailState.FAILED, MailState.ABANDONED, MailState.UNCERTAIN)
LIFE = timedelta(days=365)


def outbox() -> QuerySet[OutgoingMail]:
    """Newest first, without the contents: those are between the sender and the recipient."""
    return OutgoingMail.objects.defer("text", "html", "headers").order_by("-pk")


def send_again(pk: int) -> bool:
    """A person asks for it, knowing that an uncertain one may arrive twice. False when it is not to be sent again."""
    waits = OutgoingMail.objects.filter(pk=pk, state__in=AGAIN)
    asked = waits.update(state=MailState.QUEUED, handed_over_at=None, next_try_at=Now(), attempts=0, error="")
    if asked:
        wake()
    return bool(asked)


def settle_as_sent(pk: int) -> bool:
    """The recipient has it: the doubt is over."""
    with transaction.atomic():
        mail = OutgoingMail.objects.select_for_update().filter(pk=pk, state=MailState.UNCERTAIN).first()
        if mail is None:
            return False
        OutgoingMail.objects.filter(pk=pk).update(state=MailState.SENT, sent_at=Now())
        follower_of(mail).ended(mail, MailState.SENT)
    return True


def sweep() -> int:
    """Forget the mails of more than a year. Returns how many."""
    old = OutgoingMail.objects.filter(created_at__lt=timezone.now() - LIFE)
    return old.exclude(state__in=(MailState.QUEUED, MailState.SENDING)).delete()[0]
