"""Fills an instance's CRM. Everything is drawn from one seeded generator."""

import datetime as dt
import random
from collections.abc import Sequence

from django.utils import timezone
from stdnum import luhn

from core.accounts.models import User
from core.text import fold
from crm.demo import words
from crm.models import Company, Contact
from crm.models.company import Kind, RegistryState, Relation
from crm.models.contact import RecipientKind

Trade = tuple[str, str, int]


def fill(seed: str, trades: Sequence[Trade], people: Sequence[User], companies: int) -> None:
    """Make `companies` companies and about 1.6 times as many contacts, owned by `people`."""
    draw = random.Random(seed)  # noqa: S311 - not a secret: the same data at every run
    dates = random.Random(f"{seed} dates")  # noqa: S311 - apart, so that the names do not depend on the day
    made = [_company(draw, trades, people) for _number in range(companies)]
    for company in made:
        company.created_at = _moment(dates)
    made = Company.objects.bulk_create(made)
    children = draw.sample(made, k=companies // 20)
    heads = [company for company in made if company not in children][: companies // 60 + 1]
    for company in children:
        company.parent = draw.choice(heads)
    Company.objects.bulk_update([company for company in made if company.parent_id], ["parent"])
    contacts = [
        _contact(draw, company, people) for company in made for _number in range(draw.choice((0, 1, 1, 2, 2, 3)))
    ]
    contacts += [_contact(draw, None, people) for _number in range(companies // 8)]
    for contact in contacts:
        contact.created_at = max(_moment(dates), contact.company.created_at) if contact.company else _moment(dates)
    Contact.objects.bulk_create(contacts)


def _moment(dates: random.Random) -> dt.datetime:
    """Within fourteen months, more and more often: a business that grows."""
    return timezone.now() - dt.timedelta(days=420 * (1 - dates.random() ** 0.5))


def _siret(draw: random.Random) -> str:
    siren = f"{draw.randrange(30_000_000, 99_999_999)}"
    siren += luhn.calc_check_digit(siren)
    body = siren + f"{draw.choice((1, 1, 1, 2, 3)):04d}"
    return body + luhn.calc_check_digit(body)


def _phone(draw: random.Random, prefix: str) -> str:
    # Arcep keeps these blocks for fiction and demonstrations: nobody answers them.
    start = {"fixed": "+33 2 61 91", "mobile": "+33 6 39 98"}[prefix]
    return f"{start} {draw.randrange(100):02d} {draw.randrange(100):02d}"


def _slug(text: str) -> str:
    return fold(text).replace(" ", "-")


def _company(draw: random.Random, trades: Sequence[Trade], people: Sequence[User]) -> Company:
    town, postcode = draw.choice(words.TOWNS)
    public = draw.random() < 0.06
    if public:
        name, naf = draw.choice(words.PUBLIC).format(t=town), "84.11Z"
    else:
        pattern, naf, _weight = draw.choices(trades, weights=[trade[2] for trade in trades])[0]
        name = pattern.format(n=draw.choice(words.LAST_NAMES))
    siret = _siret(draw) if draw.random() < 0.9 else ""
    domain = f"{_slug(name)}.example"
    relation = draw.choices(list(Relation), weights=(5, 6, 1))[0]
    return Company(
        name=name,
        legal_name=f"{name} {draw.choice(('SARL', 'SAS', 'SA', 'EURL'))}" if not public and draw.random() < 0.5 else "",
        kind=Kind.PUBLIC if public else Kind.BUSINESS,
        relation=relation,
        is_supplier=draw.random() < 0.12,
        siret=siret,
        siren=siret[:9],
        naf=naf,
        registry_state=draw.choices(list(RegistryState.values), weights=(2, 12, 1))[0],
        address=f"{draw.randrange(1, 140)} {draw.choice(words.STREETS)}",
        postcode=postcode,
        city=town,
        phone=_phone(draw, "fixed") if draw.random() < 0.85 else "",
        email=f"contact@{domain}" if draw.random() < 0.7 else "",
        website=f"https://www.{domain}" if draw.random() < 0.5 else "",
        owner=draw.choice(people) if draw.random() < 0.9 else None,
        source=draw.choice(words.SOURCES) if draw.random() < 0.6 else "",
        credit_limit=draw.choice(words.LIMITS) if relation == Relation.CUSTOMER and draw.random() < 0.8 else None,
    )


def _contact(draw: random.Random, company: Company | None, people: Sequence[User]) -> Contact:
    first, last = draw.choice(words.FIRST_NAMES), draw.choice(words.LAST_NAMES)
    domain = f"{_slug(company.name)}.example" if company else "courriel.example"
    return Contact(
        company=company,
        first_name=first,
        last_name=last,
        job=draw.choice(words.JOBS) if company else "",
        email=f"{_slug(first)}.{_slug(last)}@{domain}" if draw.random() < 0.85 else "",
        phone=_phone(draw, "fixed") if draw.random() < 0.4 else "",
        mobile=_phone(draw, "mobile") if draw.random() < 0.7 else "",
        recipient_kind=RecipientKind.PROFESSIONAL if company else RecipientKind.CONSUMER,
        owner=company.owner if company else draw.choice(people),
    )
