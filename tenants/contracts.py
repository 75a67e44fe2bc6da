"""What a client's contract gives, and what is done to it: signed, amended, ended by a registered letter.

`seats_left` is for screens; the database itself refuses the seat beyond (trigger b2o_take_seat of each
`accounts_user`), so that two invitations at once cannot both take the last one. `seats_explained` turns that refusal
into words.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext as _
from psycopg import sql

from tenants.connection import connection
from tenants.models import Amendment, Client, Contract, Termination

SEATS_CONSTRAINT = "seats_of_the_contract"  # raised by b2o_take_seat


@dataclass(frozen=True)
class Granted:
    """What the contract in force gives on a day. `over`: it has ended, and no seat can be taken any more."""

    contract_id: int
    seats: int
    modules: frozenset[str]
    yearly_fee: Decimal
    over: bool


@cache
def business_modules() -> dict[str, str]:
    """{"crm": "Relation client", …}: what can be licensed, that is each application of clients that has a menu."""
    names = [name for name in settings.TENANT_APPS if name not in settings.SHARED_APPS]
    found = [config for config in apps.get_app_configs() if config.name in names]
    return {
        config.label: str(config.verbose_name)
        for config in found
        if config.module is not None and module_has_submodule(config.module, "navigation")
    }


def granted(client_id: int, day: dt.date | None = None) -> Granted | None:
    """What the client's latest contract gives on a day (today, in Paris); None before any began: nothing is limited."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM public.b2o_granted(%s, %s)", [client_id, day or timezone.localdate()])
        row = cursor.fetchone()
    return Granted(row[0], row[1], frozenset(row[2]), row[3], row[4]) if row else None


def unlicensed(client_id: int) -> frozenset[str]:
    """The business modules that the client's contract does not hold. Never anything on trial."""
    given = granted(client_id)
    return frozenset() if given is None else frozenset(business_modules()) - given.modules


def seats_taken(client: Client) -> int:
    """People who can sign in or are invited: the active accounts of the client's schema."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT count(*) FROM {} WHERE is_active").format(
                sql.Identifier(client.schema_name, "accounts_user")
            )
        )
        return cursor.fetchone()[0]


def seats_left(client: Client) -> int | None:
    """How many more people the contract lets in, 0 at least; None when nothing limits them (trial)."""
    given = granted(client.pk)
    if given is None:
        return None
    return 0 if given.over else max(0, given.seats - seats_taken(client))


def how_to_get_seats() -> str:
    """What to tell who wants one seat more than the contract holds."""
    return _(
        "Toutes les places de votre contrat sont prises. Désactivez le compte d’une personne partie, ou demandez un "
        "avenant à B2O : %(email)s."
    ) % {"email": settings.SALES_EMAIL}


@contextmanager
def seats_explained() -> Iterator[None]:
    """Around what makes somebody active: the database's refusal of a seat becomes a ValidationError, for people.

    A savepoint of its own, so that the caller's transaction goes on.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if SEATS_CONSTRAINT in (getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""):
            raise ValidationError(how_to_get_seats(), code="seats") from error
        raise


@transaction.atomic
def amend(amendment: Amendment) -> None:
    """Record a signed amendment. Raises ValidationError, by field where there is one."""
    contract = Contract.objects.select_for_update().get(pk=amendment.contract_id)
    check_modules(amendment.modules)
    if amendment.seats is None and not amendment.modules and amendment.yearly_fee is None:
        raise ValidationError(
            _("Cet avenant ne change rien : donnez un nombre d’utilisateurs, des modules ou une redevance.")
        )
    if amendment.effective_on < contract.starts_on:
        raise ValidationError({"effective_on": _("Un avenant ne prend pas effet avant son contrat.")})
    if contract.ends_on and amendment.effective_on >= contract.ends_on:
        raise ValidationError({"effective_on": _("Le contrat a pris fin avant cette date.")})
    if not amendment.modules:
        amendment.modules = None  # an empty list is "unchanged", not "none at all"
    amendment.full_clean()
    amendment.save()


@transaction.atomic
def terminate(termination: Termination) -> None:
    """Record the registered letter, and end the contract at the renewal whose notice it keeps (R28).

    Raises ValidationError: without number, date of receipt and scan the contract renews.
    """
    contract = Contract.objects.select_for_update().get(pk=termination.contract_id)
    if contract.ends_on is not None:
        raise ValidationError(_("Ce contrat est déjà résilié."))
    if termination.received_on is None or termination.received_on > timezone.localdate():
        raise ValidationError({"received_on": _("La date de réception est celle de l’avis : elle est passée.")})
    termination.effective_on = contract.end_if_terminated(termination.received_on)
    termination.full_clean()
    termination.save()
    contract.ends_on = termination.effective_on
    contract.save(update_fields=["ends_on"])


def check_modules(modules: list[str] | None) -> None:
    """Raises ValidationError on a module that does not exist."""
    unknown = set(modules or ()) - set(business_modules())
    if unknown:
        raise ValidationError({"modules": _("Module inconnu : %s.") % ", ".join(sorted(unknown))})
