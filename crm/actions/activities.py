"""What happens to activities: done, put off, reminded; and the secret addresses of calendars."""

import datetime as dt
import hashlib
import secrets

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.models import User
from core.actions.notifications import notify
from core.display import moment
from core.models.notifications import Channel
from core.notifying.kinds import Kind, add_kind
from crm.models import Activity, CalendarFeed
from crm.models.activity import ActivityState

REMINDER = add_kind(
    Kind(
        "crm-reminder",
        gettext_lazy("Un rappel d’activité"),
        gettext_lazy("À l’heure que vous avez choisie avant l’échéance."),
        "calendar-clock",
        Channel.EMAIL,
    )
)
_BATCH = 200


@transaction.atomic
def complete_activity(activity: Activity, *, done: bool, by: User) -> Activity:
    """Say that it is done, or that it is not after all."""
    activity = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    if done is (activity.state == ActivityState.DONE):
        return activity
    activity.state = ActivityState.DONE if done else ActivityState.PLANNED
    activity.done_at = timezone.now() if done else None
    activity.save(update_fields=["state", "done_at", "updated_at"])
    return activity


@transaction.atomic
def move_activity(activity: Activity, *, day: dt.date, minute: int | None, by: User) -> Activity:
    """Put off to a day, at a minute of it by the wall clock (None: at the same hour).

    An hour that the spring skips is the one after it, as Python's zones have it.
    """
    activity = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    was = timezone.localtime(activity.due_at)
    at = was.time() if minute is None else dt.time(minute // 60, minute % 60)
    activity.due_at = timezone.make_aware(dt.datetime.combine(day, at.replace(tzinfo=None)))
    activity.save(update_fields=["due_at", "updated_at"])
    return activity


def remind() -> int:
    """Tell each person what they asked to be reminded of. Returns how many.

    A reminder and its mark are one transaction: a worker that dies has told nobody, the next one does.
    """
    told = 0
    while count := _remind_batch():
        told += count
    return told


@transaction.atomic
def _remind_batch() -> int:
    rows = Activity.objects.to_remind().select_related("owner").order_by("due_at", "pk")
    due = list(rows.select_for_update(of=("self",), skip_locked=True)[:_BATCH])
    for activity in due:
        Activity.objects.filter(pk=activity.pk).update(reminded_for=activity.due_at)
        if activity.owner is not None and activity.owner.is_active:
            text = _("Rappel : « %(subject)s », %(when)s") % {"subject": activity, "when": moment(activity.due_at)}
            notify(activity.owner, REMINDER, text, f"/crm/activities/{activity.pk}/")
    return len(due)


# --- calendars read elsewhere -------------------------------------------------------------------------------------
def digest_of(token: str) -> str:
    """Of a token of 256 random bits, a plain digest is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def make_feed(person: User) -> str:
    """A new secret for a person's calendar; the former one is worth nothing from here on. Shown once."""
    token = secrets.token_urlsafe(32)
    CalendarFeed.objects.filter(person=person).delete()
    CalendarFeed.objects.create(person=person, digest=digest_of(token))
    return token


def revoke_feed(person: User) -> None:
    CalendarFeed.objects.filter(person=person).delete()


def person_of_feed(token: str) -> User | None:
    """Whose calendar a secret opens; None for one that is worth nothing."""
    feed = CalendarFeed.objects.select_related("person").filter(digest=digest_of(token)).first()
    if feed is None or not feed.person.is_active:
        return None
    CalendarFeed.objects.filter(pk=feed.pk).update(read_at=Now())
    return feed.person
