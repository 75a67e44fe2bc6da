"""What the contract tests need to know of each resource: data only. One entry for each, or `test_samples.py` fails."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Model

from core.registry import registry
from core.resource import Resource
from crm.models import Activity, Company, Contact, Deal, Stage

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
WORD = "Zyxoval"  # in the title of every sample row, and nowhere else


@dataclass(frozen=True)
class Sample:
    """row: fields that a row cannot do without, as a function since they may need other rows.

    form: what a person must fill to create one; change: one field of the form with another value;
    varied: text fields to which the rows of the large list each add something of their own;
    sensitive: a value for each sensitive field, and the texts that betray it on a page;
    derived: for a field that the database derives, what makes a row have a value of it.
    """

    row: Callable[[], dict[str, Any]]
    form: Mapping[str, Any]
    change: Mapping[str, Any]
    varied: Sequence[str]
    sensitive: Mapping[str, tuple[Any, Sequence[str]]] = field(default_factory=dict)
    derived: Mapping[str, Callable[[Any], dict[str, Any]]] = field(default_factory=dict)


SAMPLES: dict[str, Sample] = {
    "crm.company": Sample(
        row=lambda: {"name": f"{WORD} Menuiserie", "city": "Brest"},
        form={"name": f"{WORD} Menuiserie", "kind": "business", "relation": "prospect"},
        change={"city": "Quimper"},
        varied=("name", "city"),
        sensitive={"credit_limit": (Decimal("98765.43"), ("98\u202f765,43", "98765.43", "98765,43", "Encours"))},
    ),
    "crm.contact": Sample(
        row=lambda: {"last_name": f"{WORD}", "first_name": "Anne", "company": Company.objects.create(name="Kervella")},
        form={"last_name": WORD, "recipient_kind": "professional"},
        change={"job": "Gérante"},
        varied=("last_name", "email"),
    ),
    "crm.deal": Sample(
        row=lambda: {
            "name": f"{WORD} Escalier",
            "stage": Stage.objects.first(),
            "amount": Decimal(4200),
            "company": Company.objects.create(name="Hamon"),
        },
        form={"name": f"{WORD} Escalier"},
        change={"source": "Salon"},
        varied=("name", "source"),
        derived={"state": lambda value: {"stage": Stage.objects.filter(kind=value).first(), "stage_since": LONG_AGO}},
    ),
}
SAMPLES["crm.activity"] = Sample(
    row=lambda: {"subject": f"{WORD} Relance", "company": Company.objects.create(name="Hamon")},
    form={"subject": f"{WORD} Relance", "kind": "task"},
    change={"location": "Chantier"},
    varied=("subject", "location"),
    derived={"state": lambda value: {"state": value, "done_at": LONG_AGO if value == "done" else None}},
)
SAMPLES["crm.site"] = Sample(
    row=lambda: {"name": f"{WORD} Chantier", "city": "Brest", "company": Company.objects.create(name="Hamon")},
    form={"name": f"{WORD} Chantier", "role": "worksite"},
    change={"city": "Quimper"},
    varied=("name", "city"),
)
SAMPLES["crm.lead"] = Sample(
    row=lambda: {"last_name": WORD, "first_name": "Anne", "company_name": "Kervella"},
    form={"last_name": WORD},
    change={"campaign": "Salon"},
    varied=("last_name", "company_name"),
    derived={"state": lambda value: {"state": value, "converted_at": LONG_AGO if value == "converted" else None}},
)
SAMPLES["crm.mailtemplate"] = Sample(
    row=lambda: {"name": f"{WORD} Vitrine", "subject": "Nouveautés", "text": "Bonjour"},
    form={"name": f"{WORD} Vitrine", "subject": "Nouveautés", "text": "Bonjour"},
    change={"subject": "Printemps"},
    varied=("name", "subject"),
)
SAMPLES["crm.mailing"] = Sample(
    row=lambda: {"name": f"{WORD} Printemps", "purpose": "service", "subject": "Nouveautés", "text": "Bonjour"},
    form={"name": f"{WORD} Printemps", "purpose": "service"},
    change={"subject": "Portes ouvertes"},
    varied=("name", "subject"),
    derived={"state": lambda value: {"state": value, "scheduled_at": LONG_AGO}},
)
RELATED: dict[type[Model], Callable[[Model, int], list[Model]]] = {
    # Rows that a record shows, for the count of its queries.
    Company: lambda row, n: [Contact(last_name=f"C{number}", company=row) for number in range(n)],
    Deal: lambda row, n: [Activity(subject=f"R{number}", deal=row) for number in range(n)],
    Contact: lambda row, n: [
        Deal(name=f"A{number}", contact=row, company=row.company, stage=Stage.objects.first()) for number in range(n)
    ],
}


def sample_of(resource: type[Resource]) -> Sample:
    return SAMPLES[resource.key()]


def make_row(resource: type[Resource], **fields: Any) -> Model:
    """A row of the resource, of nobody unless an owner is given."""
    return resource.model._default_manager.create(**{**sample_of(resource).row(), **fields})


RESOURCES = list(registry)
