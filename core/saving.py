"""Saving a form in one transaction, under the same rules whoever asks: a page, a fact in place, the API."""

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction

from core.accounts.access import Level
from core.accounts.models import User
from core.notifying.assigning import tell_owner

if TYPE_CHECKING:
    from core.forms import ResourceForm
    from core.resource import Resource


class GivenAway(Exception):
    """The saved row would leave the person's reach: the transaction rolls back."""


def save(form: "ResourceForm | Any", resource: "type[Resource]", user: User, level: Level = Level.WRITE) -> bool:
    """Save a valid form; False when the database or the person's reach refuses, which the form's errors then tell."""
    new = form.instance._state.adding
    try:
        with transaction.atomic():
            row = form.save()
            connection.check_constraints()  # foreign keys too, which PostgreSQL would only judge at the very end
            # The saved row must still be among this person's: nobody gives away what they may not see.
            if not resource.rows(user, level).filter(pk=row.pk).exists():
                raise GivenAway
            if new or resource.owner() in form.changed_data:
                tell_owner(resource, row, by=user)
    except IntegrityError as error:
        form.add_integrity_error(error)
        return False
    except GivenAway:
        form.add_given_away_error()
        return False
    return True
