"""Places of the demo's companies: head offices, where they are billed, and worksites that deals are about."""

import random
from collections.abc import Sequence
from decimal import Decimal

from core.accounts.models import User
from crm.demo import words
from crm.models import Company, Deal, Site
from crm.models.company import Relation
from crm.models.site import SiteRole

# INSEE code, latitude and longitude of each town (code officiel géographique; the centre of the town, to a kilometre).
PLACES = {
    "Angers": ("49007", 47.47, -0.55), "Brest": ("29019", 48.39, -4.49), "Caen": ("14118", 49.18, -0.37),
    "Le Mans": ("72181", 48.00, 0.20), "Lorient": ("56121", 47.75, -3.37), "Nantes": ("44109", 47.22, -1.55),
    "Poitiers": ("86194", 46.58, 0.34), "Quimper": ("29232", 48.00, -4.10), "Rennes": ("35238", 48.11, -1.68),
    "Strasbourg": ("67482", 48.58, 7.75), "Tours": ("37261", 47.39, 0.69), "Vannes": ("56260", 47.66, -2.76),
}  # fmt: skip
WORKSITES = ("Résidence des Pins", "École Jules-Ferry", "Halle du port", "Villa Kerjean", "Extension de l’atelier")
ACCESS = (
    "Portail vert, code donné par le chef de chantier.", "Livraisons avant 9 h, rue étroite.",
    "Casque et chaussures obligatoires.", "Demander les clés à l’accueil.", "",
)  # fmt: skip


def fill(code: str, people: Sequence[User]) -> None:
    draw = random.Random(f"{code} sites")  # noqa: S311 - not a secret: the same data at every run
    made: list[Site] = []
    for company in Company.objects.filter(relation=Relation.CUSTOMER).order_by("pk"):
        if draw.random() < 0.25:
            made.append(_site(draw, company, "Comptabilité fournisseurs", SiteRole.BILLING, billing=True))
        for name in draw.sample(WORKSITES, k=draw.choice((0, 0, 1, 1, 2))):
            made.append(_site(draw, company, name, SiteRole.WORKSITE, owner=draw.choice(people)))
    Site.objects.bulk_create(made)
    sites: dict[int, list[Site]] = {}
    for site in Site.objects.filter(role=SiteRole.WORKSITE):
        sites.setdefault(site.company_id or 0, []).append(site)
    deals = [deal for deal in Deal.objects.order_by("pk") if deal.company_id in sites]
    for deal in deals:
        deal.site = draw.choice(sites[deal.company_id or 0])
    Deal.objects.bulk_update(deals, ["site"])


def _site(
    draw: random.Random,
    company: Company,
    name: str,
    role: SiteRole,
    *,
    billing: bool = False,
    owner: User | None = None,
) -> Site:
    town, postcode = (company.city, company.postcode) if billing else draw.choice(words.TOWNS)
    insee, latitude, longitude = PLACES.get(town, ("", None, None))
    return Site(
        company=company, name=name, role=role, is_default_billing=billing, owner=owner or company.owner,
        address=f"{draw.randrange(1, 90)} {draw.choice(words.STREETS)}", postcode=postcode, city=town, insee_code=insee,
        latitude=latitude and Decimal(f"{latitude + draw.uniform(-0.02, 0.02):.6f}"),
        longitude=longitude and Decimal(f"{longitude + draw.uniform(-0.02, 0.02):.6f}"),
        access_notes="" if billing else draw.choice(ACCESS),
    )  # fmt: skip
