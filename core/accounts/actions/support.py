"""Letting B2O's support look, for a time, and taking that back. Nobody lends more than they see themselves."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.access import MODULES, Access, Level, Scope
from core.accounts.actions.reach import Refused, access_of
from core.accounts.licences import unlicensed
from core.accounts.models import SupportAccess, SupportVisit, User
from core.accounts.models.people import CAN_SIGN_IN
from core.accounts.models.support import NEVER, Step
from core.place import active_schema
from core.statements import fetch

TICKET_LIFE = 120  # seconds between ops' page and the instance's


@dataclass(frozen=True)
class Staff:
    """Somebody of B2O's staff: their row in `public`, and the epoch that ends their sessions when it is raised."""

    pk: int
    name: str
    email: str
    epoch: int


def lendable(by: User) -> dict[str, str]:
    """{module: label} that this person may let the support see: those whose every record they see themselves."""
    own = access_of(by).without(unlicensed())
    return {
        module: str(label)
        for module, label in MODULES.items()
        if module not in NEVER and own.level(module) >= Level.READ and own.scope(module) is Scope.ALL
    }


@transaction.atomic
def grant(*, modules: list[str], reason: str, hours: int, by: User) -> SupportAccess:
    """Raises Refused for a module that is never lent, or not the giver's."""
    offered = lendable(by)
    if not modules or any(module not in offered for module in modules):
        raise Refused(_("Vous ne pouvez pas ouvrir ce module au support."))
    now = timezone.now()
    access = SupportAccess(
        modules=sorted(set(modules)), reason=reason.strip(), granted_by=by, granted_at=now,
        ends_at=now + dt.timedelta(hours=hours),
    )  # fmt: skip
    access.full_clean()
    access.save()
    _tell_administrators(_("%s a ouvert un accès au support de B2O.") % by, access, but=by)
    return access


def _tell_administrators(text: str, access: SupportAccess, *, but: User | None = None) -> None:
    """By the bell, or as each of them wants it."""
    from core.actions.notifications import notify
    from core.notifying.kinds import SUPPORT

    for person in User.objects.filter(CAN_SIGN_IN, roles__levels__settings="manage").distinct():
        if person != but:
            notify(person, SUPPORT, text, reverse("support-access", args=[access.pk]))


@transaction.atomic
def revoke(access: SupportAccess, *, by: User) -> None:
    """At once, for whoever is in: each page of theirs asks. Raises Refused when it is over already."""
    held = SupportAccess.objects.select_for_update().get(pk=access.pk)
    if not held.is_open:
        raise Refused(_("Cet accès est déjà fini."))
    held.revoked_at, held.revoked_by = timezone.now(), by
    held.save(update_fields=["revoked_at", "revoked_by"])


# --- from ops to the instance -------------------------------------------------------------------------------------
def _salt() -> str:
    return f"support:{active_schema()}"  # a ticket of one client opens no other


def ticket_for(access: SupportAccess, staff: User) -> str:
    """What leads somebody of B2O from ops into the active client: once, within two minutes."""
    return signing.dumps({"access": access.pk, "staff": staff.pk, "nonce": secrets.token_urlsafe(12)}, salt=_salt())


def read_ticket(ticket: str) -> tuple[SupportAccess, Staff] | None:
    """The access and the person of a ticket; None when it is not one, too old, or either no longer holds."""
    try:
        found = signing.loads(ticket, salt=_salt(), max_age=TICKET_LIFE)
    except signing.BadSignature:
        return None
    access = SupportAccess.objects.open().filter(pk=found["access"]).first()
    staff = staff_of(found["staff"])
    return (access, staff) if access is not None and staff is not None else None


def use_ticket(ticket: str, address: str | None) -> tuple[SupportAccess, Staff] | None:
    """Enter: None when the ticket does not open (any more). The database sees to it that it opens once."""
    found = read_ticket(ticket)
    if found is None:
        return None
    try:
        with transaction.atomic():
            visit(*found, Step.ENTERED, address=address, ticket=hashlib.sha256(ticket.encode()).hexdigest())
            _tell_administrators(_("%s est entré pour le support de B2O.") % found[1].name, found[0])
    except IntegrityError:
        return None
    return found


def staff_of(pk: int, epoch: int | None = None) -> Staff | None:
    """Somebody who is of B2O's staff now, and has not ended their sessions since (one query)."""
    rows = fetch(
        "SELECT id, first_name, last_name, email, epoch FROM public.accounts_user"
        " WHERE id = %s AND is_active AND is_staff",
        [pk],
    )
    for key, first, last, email, now in rows:
        if epoch is None or epoch == now:
            return Staff(key, f"{first} {last}".strip() or email, email, now)
    return None


def person_of(access: SupportAccess, staff: Staff) -> User:
    """The support as a person without a row: it reads every record of the modules of the access, and nothing else.

    No named right: neither sensitive fields nor extractions.
    """
    person = User(first_name=staff.name[:80], last_name=_("(support B2O)"), email=staff.email)
    modules = [module for module in access.modules if module not in NEVER]
    levels = dict.fromkeys(modules, Level.READ)
    scopes = {(module, level): Scope.ALL for module in modules for level in Level}
    person.__dict__["access"] = Access(levels, scopes, frozenset()).without(unlicensed())
    person.pk = 0  # nobody's: whatever belongs to a person is empty for them
    person.support = access
    return person


@transaction.atomic
def visit(
    access: SupportAccess, staff: Staff, step: Step, *, path: str = "", address: str | None = None, ticket: str = ""
) -> None:
    """One line of what the support did. Without it no page is shown. History names the same person."""
    from core import audit

    with audit.by(person_of(access, staff), screen="support", operation=f"support:{access.pk}"):
        SupportVisit.objects.create(
            access=access, step=step, staff=staff.pk, name=staff.name[:160], path=path[:200], address=address,
            ticket=ticket,
        )  # fmt: skip
