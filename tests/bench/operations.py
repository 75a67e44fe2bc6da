"""The operations that performance.md gives a budget to, as far as they exist."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count
from django.test import override_settings
from django_tenants.utils import tenant_context

from core import keyset
from core.resource import Resource
from crm.models import Company, Deal, Stage
from crm.resources import CompanyResource
from tenants.models import Client
from tests.bench import loading
from tests.bench.measuring import FORM, Act, Browser

LIST = "/crm/companies/"
DEEP = 50_000
EXPORTED = 10_000
PARTIAL = {"hx_request": "true", "hx_request_type": "partial"}


@dataclass
class Operation:
    name: str
    budget: float | None  # ms of CPU
    act: Act


def operations(code: str) -> Iterator[Operation]:
    """Those of one client."""
    client = Client.objects.get(code=code)
    browser = Browser(client, f"admin@{code}.example")
    million = code == loading.MILLION
    tail = " · 1 000 000" if million else ""
    slack = 1.2 if million else 1

    seller = Browser(client, _seller(client))

    def get(path: str, by: Browser = browser, **headers: str) -> Act:
        return lambda number: by.request(path, **headers)

    with tenant_context(client):
        deep = _cursor(CompanyResource, DEEP)
        pk, changed = Company.objects.order_by("pk").values_list("pk", flat=True)[DEEP : DEEP + 2]
        rare = Company.objects.exclude(siren="").order_by("pk")[DEEP // 2].siren
    yield Operation(f"liste, page 1{tail}", 25 * slack, get(LIST))
    yield Operation(f"liste, partiel htmx{tail}", 15 * slack, get(LIST, **PARTIAL))
    yield Operation(f"recherche « dupont »{tail}", 25 * slack, get(f"{LIST}?q=dupont"))
    yield Operation(f"recherche « dupont », partiel{tail}", 25 * slack, get(f"{LIST}?q=dupont", **PARTIAL))
    yield Operation(f"recherche rare (SIREN){tail}", 25 * slack, get(f"{LIST}?q={rare}"))
    yield Operation(f"recherche, deux mots{tail}", 25 * slack, get(f"{LIST}?q=menuiserie+dupont"))
    yield Operation(f"recherche, début de nom{tail}", 25 * slack, get(f"{LIST}?q=transports"))
    yield Operation(f"recherche, une lettre{tail}", 25 * slack, get(f"{LIST}?q=d"))
    yield Operation(f"page profonde (rang {DEEP}){tail}", 25 * slack, get(f"{LIST}?after={deep}"))
    yield Operation(f"tri par date, décroissant{tail}", 25 * slack, get(f"{LIST}?sort=-updated_at"))
    yield Operation(f"liste filtrée (clients, public){tail}", 25 * slack, get(f"{LIST}?relation=customer&kind=public"))
    yield Operation(f"palette « dupont »{tail}", 10 * slack, get("/palette/?q=dupont", hx_request="true"))
    yield Operation(f"liste de ses sociétés{tail}", 25 * slack, get(LIST, seller))
    yield Operation(f"recherche parmi ses sociétés{tail}", 25 * slack, get(f"{LIST}?q=dupont", seller))
    yield Operation(
        f"palette « dupont », les siens{tail}", 10 * slack, get("/palette/?q=dupont", seller, hx_request="true")
    )
    yield Operation(f"liste des contacts{tail}", 25 * slack, get("/crm/contacts/"))
    yield Operation(f"recherche de contacts « dupont »{tail}", 25 * slack, get("/crm/contacts/?q=dupont"))
    yield Operation(f"liste des affaires{tail}", 25 * slack, get("/crm/deals/"))
    yield Operation(f"recherche d’affaires « menuiserie »{tail}", 25 * slack, get("/crm/deals/?q=menuiserie"))
    with tenant_context(client):
        deal, stage = Deal.objects.filter(state="open").order_by("pk").first(), Stage.objects.order_by("position")[1]
        person = deal.owner_id
    yield Operation(f"tableau des affaires{tail}", 25 * slack, get("/crm/deals/board/"))
    yield Operation(f"tableau, une personne{tail}", 25 * slack, get(f"/crm/deals/board/?owner={person}"))
    yield Operation(f"tableau, partiel htmx{tail}", 25 * slack, get("/crm/deals/board/", **PARTIAL))
    if million:
        return
    yield Operation("prévision des affaires", None, get("/crm/deals/forecast/"))
    yield Operation(
        "déplacer une carte", 30,
        lambda number: browser.request(
            f"/crm/deals/{deal.pk}/stage/", {"stage": str(stage.pk), "below": str(deal.pk + 1 + number % 50), "fetch": "1"}
        ),
    )  # fmt: skip
    yield Operation("fiche", 25, get(f"{LIST}{pk}/"))
    yield Operation("API : liste de 50", 25, _unrecorded(get(f"/api{LIST}")))
    yield Operation("fiche, historique", 25, get(f"{LIST}{pk}/history/"))
    yield Operation("formulaire de création", 30, get(f"{LIST}new/"))
    yield Operation("formulaire de modification", 30, get(f"{LIST}{pk}/edit/"))
    yield Operation(
        "créer une fiche", 30, lambda number: browser.request(f"{LIST}new/", {**FORM, "name": f"Essai {number}"})
    )
    yield Operation(
        "modifier une fiche",
        30,
        lambda number: browser.request(f"{LIST}{changed}/edit/", {**FORM, "name": "Essai", "city": f"Ville {number}"}),
    )
    yield Operation("accueil", None, get("/"))
    with tenant_context(client):
        ids = ",".join(str(pk) for pk in Company.objects.order_by("pk").values_list("pk", flat=True)[:EXPORTED])
    for kind, most in (("csv", 300), ("xlsx", 800)):
        asked = {"ids": ids, "format": kind, "columns": "shown"}
        yield Operation(
            f"export de {EXPORTED} lignes, {kind.upper()}", most,
            lambda number, asked=asked: browser.request(f"{LIST}export/?sort=name", asked),
        )  # fmt: skip


def _seller(client: Client) -> str:
    """The address of somebody who sees their own rows only, some thousands of them."""
    from core.accounts.models import Role, User

    with tenant_context(client):
        owned = Company.objects.exclude(owner=None).values("owner").annotate(rows=Count("pk")).order_by("-rows")
        person = User.objects.get(pk=owned[1]["owner"])
        role, _made = Role.objects.get_or_create(
            name="Commercial, les siens", defaults={"levels": {"crm": "write"}, "scopes": {"crm": "own"}}
        )
        person.roles.set([role])
    return person.email


def _unrecorded(act: Act) -> Act:
    """The same pages again and again would be an extraction, and the register would be measured with them."""

    def acted(number: int) -> tuple[int, bytes, dict[str, str]]:
        with override_settings(API_EXTRACTION_ROWS=10**9, API_RATES={"client": (10**6, 60), "user": (10**6, 60)}):
            return act(number)

    return acted


def _cursor(resource: type[Resource], rank: int) -> str:
    """The cursor of the row at a rank, as « Suivant » would give it."""
    order = resource.first_order()
    row = order.apply(resource.model._default_manager.all())[rank - 1]
    return keyset.Cursor(order.key_of(row), row.pk, rank).encode()
