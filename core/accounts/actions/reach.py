"""What an administrator may do to whom: nobody gives, or touches, more than they have; somebody always administers."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from core.accounts.access import Access
from core.accounts.models import Role, User
from core.accounts.models.people import CAN_SIGN_IN


class Refused(ValidationError):
    """The act is not done; the message, in French, says why."""


def demand_giving(roles: Iterable[Role], *, by: User | None) -> None:
    """Raise Refused when one of the roles gives more than the giver has. `by` None: B2O, for a first administrator."""
    for role in roles:
        if by is not None and not access_of(by).covers(Access.of([role.grant])):
            raise Refused(
                _("Le rôle « %s » donne plus de droits que vous n’en avez : vous ne pouvez pas le donner.") % role.name
            )


def demand_reach(person: User, *, by: User | None) -> None:
    """Raise Refused when the person has more rights than whoever wants to change their account."""
    if by is not None and by.pk != person.pk and not access_of(by).covers(access_of(person)):
        raise Refused(_("%s a des droits que vous n’avez pas : son compte n’est pas le vôtre à changer.") % person)


def access_of(person: User) -> Access:
    """As the database has it now, whatever was read before, and whatever modules the contract holds today: what a role
    gives in a module that comes back with an amendment must have been the giver's too.
    """
    return Access.of([role.grant for role in Role.objects.filter(users=person)])


def lock_accounts() -> None:
    """One change of accounts at a time: of two administrators who remove each other, or take the last seat together,
    the second waits, then is refused. Held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('b2o.accounts'), hashtext(current_schema()))")


def demand_an_administrator() -> None:
    """Call after the change, in its transaction. Raise Refused when nobody who can sign in administers any more."""
    able = User.objects.filter(CAN_SIGN_IN, roles__levels__settings="manage")
    if not able.exists():
        raise Refused(
            _(
                "Il ne resterait aucun administrateur : donnez d’abord ce rôle à une autre personne, "
                "qui s’est déjà connectée."
            )
        )
