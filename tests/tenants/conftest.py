"""The vendor's side: its people, and contracts as they are signed."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test import Client as HttpClient
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.models import Amendment, Contract

PDF = b"%PDF-1.7\n%%EOF\n"


def scan(name: str = "scan.pdf") -> ContentFile:
    return ContentFile(PDF, name=name)


def today() -> dt.date:
    return timezone.localdate()


def sign(client, *, seats: int = 10, modules: tuple[str, ...] = ("crm",), **values) -> Contract:
    """A contract that began a month ago, unless `starts_on` says otherwise."""
    values = {"starts_on": today() - dt.timedelta(days=30), "notice_months": 3, "yearly_fee": 2400, **values}
    with schema_context("public"):
        number = values.pop("number", f"C-{client.code}-{Contract.objects.count() + 1}")
        contract = Contract(
            client=client,
            number=number,
            signed_on=today(),
            seats=seats,
            modules=list(modules),
            document=scan(),
            **values,
        )
        contract.full_clean()
        contract.save()
    client.__dict__.pop("unlicensed", None)
    return contract


def amended(contract: Contract, number: int = 1, **values) -> Amendment:
    """Not recorded yet: for tenants.contracts.amend."""
    values = {"effective_on": today(), "signed_on": today(), "purpose": "Plus de places", **values}
    return Amendment(contract=contract, number=number, document=scan(), **values)


@contextmanager
def behind_the_triggers(*tables: str) -> Iterator:
    """Writes that the database's own guards would refuse: to reach what only time brings, and to clean up."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE public.tenants_{table} DISABLE TRIGGER USER")
        yield cursor
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE public.tenants_{table} ENABLE TRIGGER USER")


def with_factor(person) -> None:
    """An application that makes codes."""
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})


@pytest.fixture
def ops(db) -> HttpClient:
    """A browser where somebody of the vendor's staff is signed in, on ops, with their second factor."""
    from core.accounts.models import User

    with schema_context("public"):
        person = User.objects.create_user("ops@b2o.example", is_staff=True, first_name="Équipe", last_name="Ops")
        browser = HttpClient(headers={"host": "ops.localhost"})
        with_factor(person)
        browser.force_login(person)
    return browser


@pytest.fixture
def erased_contracts(committed) -> Iterator[Callable]:
    """What a committed contract leaves is removed behind the triggers that would keep it."""
    yield sign
    with schema_context("public"), behind_the_triggers("contract", "amendment", "termination") as cursor:
        for table in ("termination", "amendment", "contract"):
            cursor.execute(f"DELETE FROM public.tenants_{table}")
