"""A person changes their own address, by a link at the new one. Nobody does it for them (R09).

The link is signed and kept nowhere. It holds while the account is as it was: its address, password and epoch.
"""

from allauth.account.models import EmailAddress
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from core.accounts.actions.reach import Refused, lock_accounts
from core.accounts.mailing import send_link
from core.accounts.models import User
from core.place import active_schema

LIFE = 30 * 60  # seconds, as every link of an account


def _salt() -> str:
    return f"address:{active_schema()}"


def ask(person: User, email: str, *, base: str) -> None:
    """Send the link to the new address, and tell the old one. Raises Refused for an address that is taken."""
    email = email.lower()
    _demand_free(email, person)
    token = signing.dumps(
        {"person": person.pk, "old": person.email, "new": email, "hash": person.get_session_auth_hash()}, salt=_salt()
    )  # fmt: skip
    link = f"{base}{reverse('account-address-confirm', args=[token])}"
    send_link(person, "address", to=email, link=link)
    send_link(person, "address_asked", new=email, link=f"{base}{reverse('account-security')}")


def new_address_of(token: str, person: User) -> str | None:
    """What a link would make this person's address; None when it is not theirs, too old, or served already."""
    try:
        found = signing.loads(token, salt=_salt(), max_age=LIFE)
    except signing.BadSignature:
        return None
    same = found["person"] == person.pk and found["old"] == person.email
    if not same or not constant_time_compare(found["hash"], person.get_session_auth_hash()):
        return None
    return str(found["new"])


@transaction.atomic
def confirm(person: User, token: str, *, base: str) -> str | None:
    """Change the address; the old one, for None: the link does not serve. Raises Refused when somebody took it since.

    Sessions go on: neither the person nor the password has changed. Links that set a password die with the old address.
    """
    lock_accounts()
    held = User.objects.select_for_update().get(pk=person.pk)
    email = new_address_of(token, held)
    if email is None:
        return None
    _demand_free(email, held)
    old, held.email = held.email, email
    held.save(update_fields=["email"])
    EmailAddress.objects.filter(user=held).delete()  # allauth would still find the person by it
    security = f"{base}{reverse('account-security')}"
    transaction.on_commit(lambda: send_link(held, "address_changed", to=old, new=email, link=security))
    person.email = email
    return old


def _demand_free(email: str, person: User) -> None:
    if email == person.email.lower():
        raise Refused(_("C’est déjà votre adresse."))
    if User.objects.filter(email__iexact=email).exists():
        raise Refused(_("Cette adresse est déjà celle d’un compte de cette instance."))
