"""A mailing to the people of one name among 150,000 contacts, judged and written; and two records merged into one.

Everything is undone at the end: the large client stays as it was loaded.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from core.merging.merging import merge
from crm.actions import mailings
from crm.addresses import digest_of
from crm.models import Company, Consent, Contact, Mailing, MailingList, Suppression
from crm.models.mailing import MailingState
from crm.prospecting import Channel, ConsentStatus, Purpose, SuppressionReason
from crm.resources import CompanyResource
from tenants.models import Client
from tests.bench import loading
from tests.bench.measuring import backend_ms, backend_pids
from tests.bench.report import Line, Report

NAME = "martin"  # the most frequent of the people loaded
PORTIONS = 2  # of core.mail's room for one mailing
PAIRS = 20


class _Undo(Exception):
    pass


class _Cost:
    """Seconds of processor, Python's and PostgreSQL's."""

    python = database = wall = 0.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        pids = backend_pids()
        wall, python, database = time.perf_counter(), time.process_time(), backend_ms(pids)
        yield
        self.wall += time.perf_counter() - wall
        self.python += time.process_time() - python
        self.database += (backend_ms(pids) - database) / 1000

    def line(self, name: str, unit: str, per: float, budget: float | None = None, detail: str = "") -> Line:
        scale = 1000 if unit.startswith("ms") else 1
        parts = f"Python {self.python * scale / per:.1f}, base {self.database * scale / per:.1f}"
        value = (self.python + self.database) * scale / per
        return Line(name, value, unit, budget, detail=f"{parts} ; {detail}")


def mailing(report: Report, *, quick: bool) -> None:
    """Who gets it, with the reason of those who do not; messages put into the outbox; companies merged."""
    with schema_context("public"):
        client = Client.objects.get(code=loading.HUNDRED)
    with tenant_context(client):
        try:
            with transaction.atomic():
                _sent(report)
                _merged(report)
                raise _Undo
        except _Undo:
            pass


def _sent(report: Report) -> None:
    from core.accounts.models import User

    owner = User.objects.get(email=f"admin@{loading.HUNDRED}.example")
    one = Mailing.objects.create(
        name="Portes ouvertes", purpose=Purpose.PROSPECTING, mailing_list=MailingList.objects.create(name="Actualités"),
        subject="{prenom}, venez voir l’atelier", text="Bonjour {prenom} {nom},\n\nnous ouvrons nos portes samedi.",
        owner=owner, segment_params={"q": [NAME]},
    )  # fmt: skip
    Mailing.objects.filter(pk=one.pk).update(state=MailingState.SCHEDULED, scheduled_at=timezone.now())
    one.refresh_from_db()
    addresses = list(mailings.contacts_of(one.segment_params, owner).values_list("email", flat=True))
    Suppression.objects.bulk_create(
        [
            Suppression(digest=digest_of(Channel.EMAIL, address), reason=SuppressionReason.UNSUBSCRIBED)
            for address in sorted({address.lower() for address in addresses[::50]})
        ]
    )
    Consent.objects.bulk_create(
        [
            Consent(
                channel=Channel.EMAIL,
                address=address.lower(),
                status=ConsentStatus.GRANTED,
                source="Salon",
                proof={"bulletin": 1},
            )
            for address in addresses[::10]
        ]
    )
    begun = _Cost()
    with begun.counted():
        mailings.begin(one)
    one.refresh_from_db()
    asked, left = one.messages.count(), one.messages.exclude(reason="").count()
    assert asked > 10_000 and left > asked / 60, (asked, left)
    report.line(
        begun.line(
            "envoi : juger 10 000 destinataires", "s de CPU", asked / 10_000,
            detail=f"pour {asked}, dont {left} écartés ; montre en main {begun.wall:.1f} s",
        )
    )  # fmt: skip
    fed = _Cost()
    with fed.counted():
        for _portion in range(PORTIONS):
            assert mailings.feed(one)
    written = one.messages.filter(queued_at__isnull=False).count()
    report.line(fed.line("envoi : écrire un message", "ms de CPU", written, detail=f"{written} mis en file"))


def _merged(report: Report) -> None:
    from core.accounts.models import User

    owner = User.objects.get(email=f"admin@{loading.HUNDRED}.example")
    known = Contact.objects.exclude(company=None).order_by("company").values_list("company", flat=True).distinct()
    rows = Company.objects.filter(pk__in=list(known[: 2 * PAIRS])).order_by("pk")
    rows.update(siren="", siret="", vat_number="")  # those that are loaded have no valid key
    pairs = list(rows)
    spent = _Cost()
    with spent.counted():
        for kept, gone in zip(pairs[::2], pairs[1::2], strict=True):
            merge(CompanyResource, kept, gone, by=owner, choices={})
    moved = Contact.objects.filter(company__in=[kept.pk for kept in pairs[::2]]).count()
    report.line(spent.line("fusionner deux sociétés", "ms de CPU", PAIRS, detail=f"{moved} contacts suivent"))
