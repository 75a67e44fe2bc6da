"""Records that somebody made twice, as happens: from a card, from a call, in capitals."""

import random
from collections.abc import Callable, Sequence

from core.accounts.models import User
from core.models import Note
from core.references import about
from core.text import fold
from crm.models import Company, Contact

_COMPANIES, _CONTACTS = 7, 4
_WAYS: list[Callable[[str], str]] = [
    str.upper,
    lambda name: f"SARL {name}",
    lambda name: " ".join(reversed(name.split())),
    lambda name: fold(name).title(),
    lambda name: f"Éts {name}",
]


def fill(code: str, people: Sequence[User]) -> None:
    """Twins of a few companies and contacts, each typed its own way and with something of its own."""
    draw = random.Random(f"{code} twins")  # noqa: S311 - not a secret: the same data at every run
    companies = list(Company.objects.exclude(siret="").exclude(phone="").order_by("pk")[: _COMPANIES * 5 : 5])
    for number, company in enumerate(companies):
        twin = Company.objects.create(
            name=_WAYS[number % len(_WAYS)](company.name), city=company.city if number % 3 else "",
            phone=company.phone if number % 2 else "", email=company.email if number % 4 == 0 else "",
            owner=draw.choice(people), source="Appel entrant", note="Rappeler au sujet du devis." if number % 2 else "",
        )  # fmt: skip
        Contact.objects.create(last_name="Standard", company=twin, phone=company.phone, owner=twin.owner)
        Note.objects.create(**about(twin), text="Noté au téléphone.", author=twin.owner)
    known = Contact.objects.exclude(mobile="").filter(company__isnull=False).order_by("pk")
    for contact in known[: _CONTACTS * 9 : 9]:
        Contact.objects.create(
            first_name=contact.last_name, last_name=contact.first_name, company=contact.company, mobile=contact.mobile,
            email=contact.email.upper(), owner=draw.choice(people),
        )  # fmt: skip
