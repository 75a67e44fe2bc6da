"""What ops have on file in the demo: contracts, an amendment, insurance, windows of maintenance.

Run again, it only adds what is missing.
"""

import datetime as dt

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from tenants.contracts import amend, business_modules, granted
from tenants.models import Amendment, Client, Contract, Maintenance, MaintenanceKind, Outcome, Party
from tenants.models.contract import months_after
from tenants.states import follow_contract
from vendor.models import Insurance, Undertaking

_DAY = dt.timedelta(days=1)


def paper(title: str) -> ContentFile:
    """A PDF of one page that says what it stands for."""
    text = title.encode("cp1252", "replace").replace(b"(", b"[").replace(b")", b"]")
    stream = b"BT /F1 18 Tf 72 760 Td (" + text + b") Tj ET"
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</Font<</F1 4 0 R>>>>>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
    ]
    out, places = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(parts) + 1, table)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, len(out) - len(table) - 9)
    return ContentFile(out, name="demonstration.pdf")


@transaction.atomic
def fill(clients: list[Client], operator: str) -> None:
    """The first client has had its contract amended; the second's renewal is near. Their modules: all that exist."""
    today = timezone.localdate()
    for place, client in enumerate(clients):
        contract = Contract.objects.filter(client=client).first() or _contract(client, place, today)
        given = granted(client.pk)
        if given is not None and not given.over and given.modules != frozenset(business_modules()):
            number = contract.amendments.count() + 1
            _amend(contract, number, today, modules=sorted(business_modules()), purpose="Modules nouveaux")
        follow_contract(client)
    if not Insurance.objects.exists():
        _insurance(clients, today)
    if not Maintenance.objects.exists():
        _maintenance(clients, operator)
    if not Undertaking.objects.exists():
        Undertaking.objects.create(
            name=operator, signed_on=today - 400 * _DAY, document=paper("Engagement de confidentialité")
        )


def _contract(client: Client, place: int, today: dt.date) -> Contract:
    starts_on = today - 130 * _DAY if place == 0 else months_after(today + 20 * _DAY, -9)
    contract = Contract(
        client=client, number=f"B2O-{starts_on.year}-{41 + place:04}", signed_on=starts_on - 12 * _DAY,
        starts_on=starts_on, notice_months=3, yearly_fee=4800 - 1200 * place, seats=10,
        modules=sorted(business_modules()), document=paper(f"Contrat de {client.name} : démonstration"),
    )  # fmt: skip
    contract.full_clean()
    contract.save()
    if place == 0:
        _amend(contract, 1, today - 40 * _DAY, seats=15, yearly_fee=6600, purpose="Cinq utilisateurs de plus")
    return contract


def _amend(contract: Contract, number: int, on: dt.date, **change: object) -> None:
    document = paper(f"Avenant {number} au contrat {contract.number} : démonstration")
    amend(
        Amendment(
            contract=contract, number=number, signed_on=max(on - 5 * _DAY, contract.signed_on), effective_on=on,
            document=document, **change,
        )
    )  # fmt: skip


def _insurance(clients: list[Client], today: dt.date) -> None:
    for client, insurer, ends_on in (
        (None, "Assurances du Ponant", today + 210 * _DAY),
        *((client, "Mutuelle des Métiers", today + (24 + 90 * place) * _DAY) for place, client in enumerate(clients)),
    ):
        party = Party.VENDOR if client is None else Party.CLIENT
        name = client.name if client else "B2O"
        Insurance.objects.create(
            party=party, client=client, insurer=insurer, policy=f"RC-{ends_on:%y%m%d}", ends_on=ends_on,
            starts_on=ends_on - 365 * _DAY, document=paper(f"Attestation de {name} : démonstration"),
        )  # fmt: skip


def _maintenance(clients: list[Client], operator: str) -> None:
    """One that is over, and one to come that interrupts nobody: the demo stays open."""
    now = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    past = now.replace(hour=22) - 9 * _DAY
    Maintenance.objects.create(
        kind=MaintenanceKind.UPDATE, announced_at=past - 3 * _DAY, starts_at=past, ends_at=past + dt.timedelta(hours=1),
        version="0.1.0", purpose="Nouvelle version : tableaux d’affaires.", operator=operator, outcome=Outcome.DONE,
        report="Migrations passées en douze secondes ; instances rouvertes à 22 h 14.",
        ended_at=past + dt.timedelta(minutes=14),
    )  # fmt: skip
    coming = now.replace(hour=22) + (1 + (5 - now.weekday()) % 7 or 7) * _DAY
    one = Maintenance.objects.create(
        kind=MaintenanceKind.SECURITY, announced_at=coming - _DAY, starts_at=coming, closes=False, operator=operator,
        ends_at=coming + dt.timedelta(hours=2), purpose="Correctifs du système ; rien ne s’interrompt.",
    )  # fmt: skip
    one.clients.set(clients[:1])
