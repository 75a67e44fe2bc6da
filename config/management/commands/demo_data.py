"""`manage.py demo_data`: the two demo clients with their people and their data. Run again, it changes nothing."""

import os
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context

from core import audit
from core.accounts.models import Role, User
from crm.demo import activities, deals, duplicates, leads, mailings, sites, words
from crm.demo.build import fill
from tenants.models import Client
from tenants.provisioning import create_client
from vendor import demo as filed


@dataclass(frozen=True)
class Person:
    email: str
    first_name: str
    last_name: str
    role: str
    label: str


@dataclass(frozen=True)
class Demo:
    code: str
    name: str
    hue: int | None
    chroma: float | None
    trades: list[tuple[str, str, int]]
    companies: int
    people: tuple[Person, ...]


def _people(domain: str, *names: tuple[str, str]) -> tuple[Person, ...]:
    roles = (("administrator", "Administrateur"), ("sales", "Commercial"), ("reader", "Lecture seule"))
    addresses = ("admin", "commercial", "lecture")
    return tuple(
        Person(f"{address}@{domain}", first, last, role, label)
        for (first, last), (role, label), address in zip(names, roles, addresses, strict=True)
    )


DEMOS = (
    Demo(
        "atelier", "Atelier Morvan", None, None, words.JOINERY, 640,
        _people("atelier.example", ("Camille", "Roussel"), ("Hugo", "Lambert"), ("Inès", "Benali")),
    ),
    Demo(
        "horizon", "Horizon Promotion", 155, 0.10, words.DEVELOPMENT, 380,
        _people("horizon.example", ("Antoine", "Mercier"), ("Nolwenn", "Riou"), ("Karim", "Haddad")),
    ),
)  # fmt: skip
OPS = Person("ops@b2o.example", "Équipe", "Exploitation", "", "Exploitation")


def accounts() -> list[tuple[str, str, str]]:
    """[(first label of the host, e-mail, role)] of everyone who can sign in to the demo."""
    found = [(demo.code, person.email, person.label) for demo in DEMOS for person in demo.people]
    return [*found, ("ops", OPS.email, OPS.label)]


class Command(BaseCommand):
    help = "Crée les clients de démonstration ; leur mot de passe vient de DEMO_PASSWORD."

    def handle(self, *args, **options):
        password = os.environ.get("DEMO_PASSWORD", "")
        if not password:
            raise CommandError("Donnez le mot de passe des comptes de démonstration : DEMO_PASSWORD=… ")
        with schema_context("public"):
            hashed = self._hash(password)
            for demo in DEMOS:
                self._client(demo, hashed)
            self._person(OPS, hashed, is_staff=True)
            filed.fill([Client.objects.get(code=demo.code) for demo in DEMOS], f"{OPS.first_name} {OPS.last_name}")

    def _hash(self, password: str) -> str:
        """The hash in use when the password is the same as last time (hashing anew would end everyone's session)."""
        ops = User.objects.filter(email=OPS.email).first()
        return ops.password if ops and ops.check_password(password) else make_password(password)

    def _client(self, demo: Demo, hashed: str) -> None:
        client = Client.objects.filter(code=demo.code).first()
        fresh = client is None
        with transaction.atomic():
            if client is None:
                client = create_client(demo.code, demo.name, hue=demo.hue, chroma=demo.chroma)
            with tenant_context(client):
                people = [self._person(person, hashed) for person in demo.people]
                if fresh:
                    self.stdout.write(f"{demo.name} : {demo.companies} sociétés…")
                    with audit.by(people[0], screen="demo"):
                        fill(demo.code, demo.trades, people[:2], demo.companies)
                        deals.fill(demo.code, people[:2])
                        sites.fill(demo.code, people[:2])
                        activities.fill(demo.code, people[:2])
                        leads.fill(demo.code, people[:2])
                        duplicates.fill(demo.code, people[:2])
                        mailings.fill(demo.code, demo.name, people[:2])

    def _person(self, person: Person, hashed: str, *, is_staff: bool = False) -> User:
        user = User.objects.filter(email=person.email).first()
        if user is None:
            user = User.objects.create_user(
                person.email, first_name=person.first_name, last_name=person.last_name, is_staff=is_staff
            )
            user.roles.set(Role.objects.filter(code=person.role))
        if user.password != hashed:
            user.password = hashed
            user.save(update_fields=["password"])
        return user
