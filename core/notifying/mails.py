"""The mails that tell what the bell tells: one at once, or the morning's digest."""

import datetime as dt
import logging
from collections.abc import Sequence

from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.accounts.models import User
from core.hosts import absolute
from core.mail import BadMail, queue_mail
from core.models import Notification, OutgoingMail

logger = logging.getLogger(__name__)
SHOWN = 50  # of a digest; the page has the rest


def mail_at_once(told: Notification) -> None:
    """Queued with the caller's transaction, once for each notification."""
    _mail(told.person, told.text, [told], key=f"notification:{told.pk}", lead="")


def send_digests(day: dt.date | None = None) -> int:
    """The morning's mail, to each person who has unread news for it; once a day. Returns how many."""
    day = day or timezone.localdate()
    waiting = Notification.objects.filter(in_digest=True, read_at=None, person__is_active=True)
    people = User.objects.filter(pk__in=waiting.values("person")).order_by("pk")
    return sum(_digest(person.pk, day) for person in people)


@transaction.atomic
def _digest(pk: int, day: dt.date) -> bool:
    person = User.objects.select_for_update().get(pk=pk)  # two beats: the second waits, then finds the mail
    key = f"digest:{day:%Y-%m-%d}:{person.pk}"
    if OutgoingMail.objects.filter(key=key).exists():
        return False
    news = Notification.objects.filter(person=person, in_digest=True)
    unread = list(news.filter(read_at=None).order_by("-pk")[: SHOWN + 1])
    if not unread:
        return False
    count = news.filter(read_at=None).count()
    subject = ngettext("%d nouveauté pour vous", "%d nouveautés pour vous", count) % count
    lead = _("Voici ce que vous n’avez pas encore lu.")
    sent = _mail(person, subject, unread[:SHOWN], key=key, lead=lead, more=max(count - SHOWN, 0))
    news.update(in_digest=False)
    return sent


def _mail(person: User, subject: str, news: Sequence[Notification], *, key: str, lead: str, more: int = 0) -> bool:
    context = {
        "name": person.get_short_name(),
        "lead": lead,
        "news": [{"text": told.text, "url": absolute(told.url), "at": told.at} for told in news],
        "more": more,
        "all_url": absolute(reverse("notifications")),
        "preferences_url": absolute(reverse("my-preferences")),
    }
    try:
        queue_mail(
            to=person.email, subject=" ".join(subject.split())[:200], key=key,
            text=render_to_string("core/mail/news.txt", context), html=render_to_string("core/mail/news.html", context),
        )  # fmt: skip
    except BadMail:  # an address that no server takes: the bell has it all the same
        logger.warning("person %s has no address that mail can reach", person.pk)
        return False
    return True
