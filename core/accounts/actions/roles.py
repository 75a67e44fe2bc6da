"""Making, changing and deleting roles, within what the person has themselves."""

from django.db import transaction
from django.utils.translation import gettext as _

from core.accounts.access import Access
from core.accounts.actions.reach import Refused, access_of, demand_an_administrator, demand_giving, lock_accounts
from core.accounts.models import Role, User


@transaction.atomic
def save_role(role: Role, *, by: User) -> None:
    """Raises Refused: it gives, or gave, more than the giver has; nobody administers any more; oneself shut out."""
    lock_accounts()
    before = Role.objects.filter(pk=role.pk).first() if role.pk else None
    if before is not None and not access_of(by).covers(Access.of([before.grant])):
        raise Refused(_("Ce rôle donne plus de droits que vous n’en avez : il n’est pas le vôtre à changer."))
    demand_giving([role], by=by)
    role.save()
    if before is not None:
        demand_an_administrator()
        _demand_oneself(by)


@transaction.atomic
def delete_role(role: Role, *, by: User) -> None:
    """Raises Refused while somebody wears it: what they lose must be somebody's decision, person by person."""
    lock_accounts()
    if not access_of(by).covers(Access.of([role.grant])):
        raise Refused(_("Ce rôle donne plus de droits que vous n’en avez : il n’est pas le vôtre à supprimer."))
    worn = role.users.count()
    if worn:
        raise Refused(_("Ce rôle est porté par %(n)s personnes : retirez-le d’abord à chacune.") % {"n": worn})
    if role.code:
        raise Refused(_("Ce rôle est né avec l’instance : il se change, il ne se supprime pas."))
    role.delete()


def _demand_oneself(by: User) -> None:
    """Whoever changes the roles must still be able to change them back."""
    if access_of(by).level("settings") < by.access.level("settings"):
        raise Refused(_("Vous ne pourriez plus revenir sur ce changement : laissez la gestion des réglages à ce rôle."))
