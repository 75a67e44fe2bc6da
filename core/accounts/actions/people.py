"""What administrators do to a colleague's account. None of it sets, shows or lengthens a password."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core.accounts.actions.inviting import demand_seat
from core.accounts.actions.reach import (
    Refused,
    demand_an_administrator,
    demand_giving,
    demand_reach,
    lock_accounts,
)  # fmt: skip
from core.accounts.models import InvitationLink, Role, Team, User
from core.mail.queueing import queue_mail


@transaction.atomic
def change_person(
    person: User, *, first_name: str, last_name: str, roles: Iterable[Role], teams: Iterable[Team], by: User
) -> None:
    """Name, roles and teams. Raises Refused: more than the giver has, somebody above them, the last administrator."""
    lock_accounts()
    demand_reach(person, by=by)
    chosen = list(roles)
    before = set(person.roles.values_list("pk", flat=True))
    demand_giving([role for role in chosen if role.pk not in before], by=by)
    person.first_name, person.last_name = first_name, last_name
    person.save(update_fields=["first_name", "last_name"])
    person.roles.set(chosen)
    person.teams.set(teams)
    if before - {role.pk for role in chosen}:
        demand_an_administrator()


@transaction.atomic
def deactivate(person: User, *, by: User) -> None:
    """Out at once, everywhere; the name stays on the rows. Raises Refused for oneself and the last administrator."""
    lock_accounts()
    demand_reach(person, by=by)
    if person.pk == by.pk:
        raise Refused(_("Vous ne pouvez pas désactiver votre propre compte : demandez à un autre administrateur."))
    person.is_active = False
    person.save(update_fields=["is_active"])
    InvitationLink.objects.filter(user=person, used_at=None).delete()
    demand_an_administrator()
    end_sessions(person)


@transaction.atomic
def reactivate(person: User, *, by: User, client: Any = None) -> None:
    """In again, with the password of before. Raises Refused when no seat is left."""
    lock_accounts()
    demand_reach(person, by=by)
    if not person.is_active:
        demand_seat(client)
        person.is_active = True
        person.save(update_fields=["is_active"])


def end_sessions(person: User, *, but: str = "") -> int:
    """End a person's sessions, on every worker at once; returns how many were listed.

    The session of key `but` stays listed: its owner signs it anew (update_session_auth_hash).
    """
    User.objects.filter(pk=person.pk).update(epoch=F("epoch") + 1)
    person.refresh_from_db(fields=["epoch"])
    store = import_module(settings.SESSION_ENGINE).SessionStore
    ended = 0
    for session in UserSession.objects.filter(user=person).exclude(session_key=but):
        store(session.session_key).delete()
        session.delete()
        ended += 1
    return ended


def close_sessions(person: User, *, by: User) -> int:
    """Sign a colleague out everywhere (a lost computer). Raises Refused for somebody above the giver."""
    demand_reach(person, by=by)
    return end_sessions(person)


@transaction.atomic
def remove_factors(person: User, *, by: User) -> None:
    """Take away a colleague's second factors, and tell them. Raises Refused for oneself, and for somebody above."""
    demand_reach(person, by=by)
    if person.pk == by.pk:
        raise Refused(_("Retirez vos propres facteurs sur la page « Ma sécurité » : elle demande qui vous êtes."))
    Authenticator.objects.filter(user=person).delete()
    end_sessions(person)
    parts = (
        _("Bonjour,"),
        _("%s a retiré le second facteur de votre compte : la prochaine connexion ne demandera que votre mot de passe.")
        % by,
        _("Vous ne l’aviez pas demandé ? Changez de mot de passe et parlez-en à votre administrateur."),
    )
    queue_mail(
        to=person.email,
        subject=_("Votre second facteur a été retiré"),
        text="\n\n".join(parts),
        key=f"factors:{person.pk}:{person.epoch}",
    )
