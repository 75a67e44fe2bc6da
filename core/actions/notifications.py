"""What people are told inside the application, and by mail where they want it so."""

from django.db.models import QuerySet
from django.utils import timezone

from core.accounts.models import User
from core.models import Notification, NotificationChoice
from core.models.notifications import Channel
from core.notifying.kinds import Kind, kinds
from core.statements import fetch


def notify(person: User, kind: Kind, text: str, url: str) -> Notification | None:
    """Tell a person something, with the page where it happened, by the way they chose. None when they want nothing."""
    from core.notifying.mails import mail_at_once

    channel = channel_of(person, kind)
    if channel is Channel.NONE:
        return None
    told = Notification.objects.create(
        person=person, kind=kind.code, text=text[:300], url=url[:300], in_digest=channel is Channel.DIGEST
    )
    if channel is Channel.EMAIL and person.is_active:
        mail_at_once(told)
    return told


def channel_of(person: User, kind: Kind) -> Channel:
    chosen = NotificationChoice.objects.filter(person=person, kind=kind.code).values_list("channel", flat=True).first()
    return Channel(chosen) if chosen else kind.channel


def choices_of(person: User) -> dict[str, Channel]:
    """{code: way} for every kind."""
    chosen = dict(NotificationChoice.objects.filter(person=person).values_list("kind", "channel"))
    return {kind.code: Channel(chosen.get(kind.code, kind.channel)) for kind in kinds()}


def choose(person: User, code: str, channel: Channel) -> None:
    """From now on. What waits for the digest still goes with it."""
    NotificationChoice.objects.update_or_create(person=person, kind=code, defaults={"channel": channel})


def notifications_of(person: User) -> QuerySet[Notification]:
    """Newest first."""
    return Notification.objects.filter(person=person).order_by("-pk")


def unread_count(person: User) -> int:
    """Counted up to 100: the bell says « 99+ »."""
    [(count,)] = fetch(
        "SELECT count(*) FROM (SELECT FROM core_notification WHERE person_id = %s AND read_at IS NULL LIMIT 100) c",
        [person.pk],
    )
    return count


def mark_read(rows: QuerySet[Notification]) -> int:
    return rows.filter(read_at=None).update(read_at=timezone.now())
