"""Letting a person in: the account, the link that is sent, and the password that only they choose (R08, R09)."""

import secrets
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from core.accounts.actions.reach import Refused, demand_giving, demand_reach, lock_accounts
from core.accounts.mailing import send_link
from core.accounts.models import InvitationLink, Role, Team, User
from core.accounts.models.invitations import LIFE, digest_of
from core.accounts.seats import seats_left
from core.hosts import absolute
from core.place import active_tenant

_TOKEN_BYTES = 32


def demand_seat(client: Any) -> None:
    """Raise Refused when the contract has no seat left (R30)."""
    left = seats_left(client)
    if left is not None and left < 1:
        text = _(
            "Toutes les places de votre contrat sont prises. Désactivez une personne, ou demandez à B2O "
            "un avenant : %s."
        )
        raise Refused(text % settings.SALES_EMAIL)


@transaction.atomic
def invite(
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
    roles: Iterable[Role] = (),
    teams: Iterable[Team] = (),
    by: User | None,
    client: Any = None,
    base: str = "",
) -> User:
    """Make the account of a new person of the active client and, once it is there, send them the link.

    `by` None: B2O, for the first administrator. `base`: « https://atelier.myb2o.net » when the request knows it.
    Raises Refused: seats, a role beyond the giver's own rights, an address that is taken.
    """
    roles = list(roles)
    lock_accounts()
    demand_seat(client)
    demand_giving(roles, by=by)
    known = User.objects.filter(email__iexact=email).first()
    if known is not None:
        raise Refused(_("Cette adresse est déjà celle de %s.") % known)
    person = User.objects.create_user(email, first_name=first_name, last_name=last_name)
    person.roles.set(roles)
    person.teams.set(teams)
    send_invitation(person, by=by, base=base)
    return person


@transaction.atomic
def send_invitation(person: User, *, by: User | None, base: str = "") -> None:
    """Send a new link; those before it end. Raises Refused for somebody who has a password, or may not come in."""
    if by is not None:
        demand_reach(person, by=by)
    if person.has_usable_password() or not person.is_active:
        raise Refused(_("%s n’attend pas d’invitation.") % person)
    now = timezone.now()
    InvitationLink.objects.open().filter(user=person).update(expires_at=now)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    InvitationLink.objects.create(
        user=person, digest=digest_of(token), created_at=now, expires_at=now + LIFE, invited_by=by
    )
    path = reverse("invitation", args=[token], urlconf="config.urls")
    link = f"{base}{path}" if base else absolute(path)
    client = active_tenant()

    def send() -> None:
        with tenant_context(client):  # of now, not the one that is active when an outer transaction commits
            send_link(person, "invitation", link=link, invited_by=by)

    transaction.on_commit(send)


def link_of(token: str) -> InvitationLink | None:
    """The link of a token, open or not; None when it never was one."""
    return InvitationLink.objects.select_related("user").filter(digest=digest_of(token)).first()


def is_open(link: InvitationLink | None) -> bool:
    return (
        link is not None
        and link.used_at is None
        and link.expires_at > timezone.now()
        and link.user.is_active
        and not link.user.has_usable_password()
    )


@transaction.atomic
def accept(token: str, *, password: str, first_name: str, last_name: str) -> User | None:
    """Use the link: the person's own password and name. None when somebody was faster, or time is over."""
    person = User.objects.select_for_update().filter(links__digest=digest_of(token)).first()
    link = link_of(token)
    if person is None or link is None or not is_open(link):
        return None
    now = timezone.now()
    InvitationLink.objects.filter(pk=link.pk).update(used_at=now)
    person.first_name, person.last_name = first_name, last_name
    person.set_password(password)
    person.save(update_fields=["password", "first_name", "last_name"])
    return person


def ask_again(token: str, *, base: str = "") -> None:
    """What a link that no longer serves can do: send another to the address that it was sent to. It tells nothing."""
    link = link_of(token)
    if link is None or not link.user.is_active:
        return
    if link.user.has_usable_password():
        sign_in = reverse("account_login", urlconf="config.urls")
        place = f"{base}{sign_in}" if base else absolute(sign_in)
        send_link(link.user, "already_in", link=place)
        return
    send_invitation(link.user, by=None, base=base)
