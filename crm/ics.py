"""A person's activities as an iCalendar file (RFC 5545), for the calendar program that they use elsewhere."""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from core.accounts.models import User
from core.hosts import absolute
from core.text import clean
from crm.models.activity import ActivityState
from crm.resources import ActivityResource

PAST, AHEAD = dt.timedelta(days=60), dt.timedelta(days=400)
MOST = 2_000
SHORT = 30  # minutes that a deadline without duration takes in a calendar


def calendar_of(person: User) -> bytes:
    """What a person is to do and did, of the last two months and the year ahead; within what they may see."""
    now = timezone.now()
    rows = ActivityResource.rows(person).filter(owner=person, due_at__gt=now - PAST, due_at__lt=now + AHEAD)
    calendar = Calendar()
    calendar.add("prodid", "-//MyB2O//Agenda//FR")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"MyB2O · {person.get_full_name()}")
    calendar.add("refresh-interval", dt.timedelta(hours=1), parameters={"value": "DURATION"})
    for row in rows.select_related("company", "contact", "deal").order_by("due_at", "pk")[:MOST]:
        calendar.add_component(_event(row))
    return calendar.to_ical()


def _event(row) -> Event:
    url = absolute(f"/crm/activities/{row.pk}/")
    done = row.state == ActivityState.DONE
    event = Event()
    event.add("uid", f"activity-{row.pk}@{url.split('/')[2].partition(':')[0]}")
    event.add("dtstamp", row.updated_at.astimezone(dt.UTC))
    event.add("last-modified", row.updated_at.astimezone(dt.UTC))
    event.add("dtstart", row.due_at.astimezone(dt.UTC))
    event.add("dtend", (row.due_at + dt.timedelta(minutes=row.minutes or SHORT)).astimezone(dt.UTC))
    event.add("summary", _line(f"✓ {row.subject}" if done else row.subject))
    event.add("categories", [row.get_kind_display()])
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE" if row.minutes else "TRANSPARENT")
    event.add("url", url)
    if row.location:
        event.add("location", _line(row.location))
    about = [(_("Société"), row.company), (_("Contact"), row.contact), (_("Affaire"), row.deal)]
    lines = [f"{label} : {named}" for label, named in about if named is not None]
    event.add("description", clean("\n".join([*lines, url])))
    if row.remind_before is not None and not done:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", _line(row.subject))
        alarm.add("trigger", -dt.timedelta(minutes=row.remind_before))
        event.add_component(alarm)
    return event


def _line(text: str) -> str:
    return " ".join(clean(text).split())
