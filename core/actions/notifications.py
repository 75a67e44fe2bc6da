"""What people are told inside the application."""

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from core.accounts.models import User
from core.models import Notification


def notify(person: User, kind: Notification.Kind, text: str, url: str) -> Notification:
    """Tell a person something, with the page where it happened."""
    return Notification.objects.create(person=person, kind=kind, text=text[:300], url=url[:300])


def notifications_of(person: User) -> QuerySet[Notification]:
    """Newest first."""
    return Notification.objects.filter(person=person).order_by("-pk")


def unread_count(person: User) -> int:
    """Counted up to 100: the bell says « 99+ »."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM core_notification WHERE person_id = %s AND read_at IS NULL LIMIT 100) c",
            [person.pk],
        )
        return cursor.fetchone()[0]


def mark_read(rows: QuerySet[Notification]) -> int:
    return rows.filter(read_at=None).update(read_at=timezone.now())
