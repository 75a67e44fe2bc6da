"""Writing the journal of the door, and what allauth tells of it."""

import datetime as dt
from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_out
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.devices import device_name, known_device
from core.accounts.models import DoorEvent, DoorEventKind, SupportVisit, User
from core.place import client_of

_QUIET = 300  # seconds in which the same refusal at the same account from the same place is one line
_YEAR = 365
_REPEATED = (DoorEventKind.LIMITED,)


def note(
    kind: DoorEventKind, person: User | None, request: HttpRequest, *, means: str = "", by: User | None = None
) -> DoorEvent | None:
    """Write one line; None when it says what the line before said."""
    ip = get_adapter(request).get_client_ip(request)
    if kind in _REPEATED and not cache.add(f"door:{kind}:{person and person.pk}:{ip}", True, _QUIET):
        return None
    return DoorEvent.objects.create(
        kind=kind,
        person=person,
        by_name=str(by)[:160] if by is not None and by != person else "",
        means=means[:20],
        address=None if ip == "0.0.0.0" else ip,  # noqa: S104
        device=device_name(request.headers.get("User-Agent", ""))[:80],
    )


def means_of(request: HttpRequest, person: User) -> str:
    """How the person proved who they are in this session: the last step that allauth noted."""
    records = get_authentication_records(request, person)
    last = records[-1] if records else {}
    return str(last.get("type") or last.get("method") or "")


def forget_old() -> int:
    """Delete what is more than a year old. Returns how many."""
    limit = timezone.now() - dt.timedelta(days=_YEAR + 1)
    return DoorEvent.objects.filter(at__lt=limit).delete()[0] + SupportVisit.objects.filter(at__lt=limit).delete()[0]


# --- what allauth says ------------------------------------------------------------------------------------------------
def _signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    before = DoorEvent.objects.filter(person=user, kind=DoorEventKind.SIGNED_IN).exists()
    event = note(DoorEventKind.SIGNED_IN, user, request, means=means_of(request, user))
    if before and event is not None and not known_device(request, user):
        _warn(user, request, event)


def _warn(person: User, request: HttpRequest, event: DoorEvent) -> None:
    """Tell the person of a device that they never used before: they know whether it was them."""
    from core.hosts import absolute
    from core.mail.queueing import queue_mail

    if client_of(request) is None:
        return  # the vendor's staff have no outbox
    words = {"device": event.device, "address": event.address or _("adresse inconnue")}
    parts = (
        _("Bonjour,"),
        _("Votre compte vient d’être ouvert sur un appareil nouveau : %(device)s (%(address)s).") % words,
        _("C’était vous ? Il n’y a rien à faire. Sinon, fermez vos sessions et changez de mot de passe ici :"),
        absolute("/account/security/"),
    )
    queue_mail(
        to=person.email,
        subject=_("Connexion depuis un nouvel appareil"),
        text="\n\n".join(parts),
        key=f"door:{event.pk}",
    )


def _signed_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None and user.pk is not None and request.META:
        note(DoorEventKind.SIGNED_OUT, user, request)


def _password(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    note(DoorEventKind.PASSWORD, user, request)


def _factor(kind: DoorEventKind) -> Any:
    def heard(sender: Any, request: HttpRequest, user: User, authenticator: Any, **kwargs: Any) -> None:
        note(kind, user, request, means=authenticator.type)

    return heard


def listen() -> None:
    """Called once at start-up. allauth offers no other way than its signals."""
    account.user_logged_in.connect(_signed_in, weak=False)
    user_logged_out.connect(_signed_out, weak=False)
    for signal in (account.password_changed, account.password_set, account.password_reset):
        signal.connect(_password, weak=False)
    mfa.authenticator_added.connect(_factor(DoorEventKind.FACTOR_ADDED), weak=False)
    mfa.authenticator_removed.connect(_factor(DoorEventKind.FACTOR_REMOVED), weak=False)
    mfa.authentication_failed.connect(_factor(DoorEventKind.FACTOR_FAILED), weak=False)
