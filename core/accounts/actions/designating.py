"""Designating a référent in writing, and ending it. Whether somebody is one today is asked here."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.actions.reach import Refused
from core.accounts.models import Designation, User
from core.attachments.actions import attach


def is_referent(person: User, domain: str, on: dt.date | None = None) -> bool:
    """Whether this person is designated for a domain ("hr", "privacy") on a day, today by default. One query."""
    day = on or timezone.localdate()
    running = Designation.objects.filter(person=person, domain=domain, starts_on__lte=day)
    return person.is_active and running.filter(Q(ends_on=None) | Q(ends_on__gte=day)).exists()


@transaction.atomic
def designate(designation: Designation, document: Any, *, by: User) -> Designation:
    """Record an act with its document (an upload). Raises Refused: nothing is kept without the document."""
    designation.recorded_by = by
    designation.save()
    _kept, refused = attach(designation, [document], by=by)
    if refused:
        raise Refused(refused[0])
    return designation


@transaction.atomic
def end_designation(designation: Designation, on: dt.date, *, by: User) -> None:
    """`on`: its last day, never before its first, nor after an end that it has already. Raises Refused."""
    kept = Designation.objects.select_for_update().get(pk=designation.pk)
    if kept.ends_on is not None and on > kept.ends_on:
        raise Refused(_("Cette désignation finit déjà avant : pour la prolonger, inscrivez-en une nouvelle."))
    if on < kept.starts_on:
        raise Refused(_("Le dernier jour ne peut précéder le premier."))
    kept.ends_on = on
    kept.save(update_fields=["ends_on"])
