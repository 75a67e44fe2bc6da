"""The sales of the demo: a salesperson's pipeline in the middle of the week, and fourteen months behind it."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from core.accounts.models import User
from core.actions.tags import tag_named, tag_rows
from crm.demo import words
from crm.models import Company, Contact, Deal, LostReason, Pipeline, Stage
from crm.models.company import Relation
from crm.models.pipeline import StageKind

OPEN, WON, LOST = StageKind.OPEN, StageKind.WON, StageKind.LOST


@dataclass(frozen=True)
class World:
    """What a client sells: (name, lowest and highest sum in euros); a second pipeline; how many deals."""

    jobs: Sequence[tuple[str, int, int]]
    second: tuple[str, Sequence[tuple[str, StageKind, int, int | None]]]
    second_jobs: Sequence[tuple[str, int, int]]
    open: int
    closed: int


WORLDS = {
    "atelier": World(
        [
            ("Escalier quart tournant en chêne", 4_200, 14_000), ("Fenêtres bois, {n} ouvrants", 6_000, 38_000),
            ("Portes intérieures, {n} blocs", 2_400, 12_000), ("Bardage mélèze", 9_000, 52_000),
            ("Agencement de boutique", 12_000, 75_000), ("Terrasse en pin, {n} m²", 3_500, 16_000),
            ("Bibliothèque sur mesure", 2_800, 11_000), ("Cuisine en frêne", 9_500, 28_000),
            ("Menuiseries extérieures, {n} logements", 45_000, 240_000), ("Volets battants, façade sud", 3_200, 9_800),
            ("Ossature bois, extension", 28_000, 96_000), ("Portail coulissant", 2_900, 7_600),
            ("Cloisons amovibles, {n} bureaux", 8_000, 34_000), ("Restauration de croisées", 7_000, 41_000),
        ],
        ("Entretien", [("Demande", OPEN, 30, 7), ("Devis", OPEN, 60, 10), ("Signé", WON, 100, None),
                       ("Refusé", LOST, 0, None)]),
        [("Contrat d’entretien annuel", 480, 2_400), ("Réglage de menuiseries", 250, 900),
         ("Vernis et lasures", 600, 3_800)],
        96, 300,
    ),
    "horizon": World(
        [
            ("Lot gros œuvre, {n} logements", 380_000, 2_400_000), ("Vente en bloc, {n} logements", 900_000, 6_500_000),
            ("Plateau de bureaux, {n} m²", 240_000, 1_900_000), ("Local commercial d’angle", 150_000, 620_000),
            ("Appartement T3, lot {n}", 198_000, 345_000), ("Appartement T4, lot {n}", 262_000, 480_000),
            ("Maison de ville, lot {n}", 310_000, 560_000), ("Résidence seniors, {n} chambres", 2_100_000, 7_800_000),
        ],
        ("Foncier", [("Repéré", OPEN, 5, 45), ("Faisabilité", OPEN, 20, 60), ("Offre", OPEN, 40, 30),
                     ("Promesse signée", OPEN, 80, 120), ("Acquis", WON, 100, None), ("Abandonné", LOST, 0, None)]),
        [("Terrain de {n} ares", 180_000, 1_400_000), ("Friche artisanale", 320_000, 2_200_000),
         ("Immeuble à réhabiliter", 450_000, 1_900_000)],
        64, 140,
    ),
}  # fmt: skip
TAGS = ("Urgent", "Appel d’offres", "Récurrent")


def fill(code: str, people: Sequence[User]) -> None:
    """Deals of both pipelines. The companies are there already."""
    world = WORLDS[code]
    draw = random.Random(f"{code} deals")  # noqa: S311 - not a secret: the same data at every run
    first = Pipeline.objects.get()
    second = _second(world)
    companies = list(Company.objects.exclude(relation=Relation.NONE).order_by("pk"))
    contacts: dict[int, list[Contact]] = {}
    for contact in Contact.objects.exclude(company=None).order_by("pk"):
        contacts.setdefault(contact.company_id or 0, []).append(contact)
    made = [
        *_deals(draw, first, world.jobs, companies, contacts, people, world.open, world.closed),
        *_deals(draw, second, world.second_jobs, companies, contacts, people, world.open // 5, world.closed // 8),
    ]
    made = Deal.objects.bulk_create(made)
    for name in TAGS:
        chosen = draw.sample([deal.pk for deal in made], k=len(made) // 11)
        tag_rows(Deal.objects.filter(pk__in=chosen), add=[tag_named(name)])


def _second(world: World) -> Pipeline:
    name, stages = world.second
    pipeline = Pipeline.objects.create(name=name, position=2)
    for place, (label, kind, share, days) in enumerate(stages, 1):
        Stage.objects.create(
            pipeline=pipeline, name=label, kind=kind, probability=share, rotting_days=days, position=place
        )
    return pipeline


def _deals(
    draw: random.Random,
    pipeline: Pipeline,
    jobs: Sequence[tuple[str, int, int]],
    companies: Sequence[Company],
    contacts: dict[int, list[Contact]],
    people: Sequence[User],
    open_: int,
    closed: int,
) -> list[Deal]:
    stages = {
        kind: [stage for stage in pipeline.stages.order_by("position") if stage.kind == kind] for kind in StageKind
    }
    reasons = list(LostReason.objects.order_by("pk"))
    now, today, made = timezone.now(), timezone.localdate(), []

    def deal(stage: Stage, born: float, **fields: object) -> Deal:
        pattern, low, high = draw.choice(jobs)
        company = draw.choice(companies)
        amount = Decimal(low * (high / low) ** draw.random()).quantize(Decimal(1))
        step = 1_000 if amount > 50_000 else 50  # as people write estimates
        amount = (amount / step).quantize(Decimal(1)) * step
        return Deal(
            name=pattern.format(n=draw.randrange(4, 36)), company=company, stage=stage, amount=amount,
            contact=draw.choice(contacts[company.pk]) if company.pk in contacts else None,
            owner=company.owner or draw.choice(people),
            source=draw.choice(words.SOURCES) if draw.random() < 0.7 else "",
            created_at=now - dt.timedelta(days=born), rank=draw.randrange(1_000_000), **fields,
        )  # fmt: skip

    for _number in range(open_):
        place = min(int(draw.random() ** 1.6 * len(stages[OPEN])), len(stages[OPEN]) - 1)
        waits = draw.expovariate(1 / 9)
        born = waits + place * draw.uniform(6, 20)
        made.append(
            deal(
                stages[OPEN][place], born, stage_since=now - dt.timedelta(days=waits),
                expected_on=today + dt.timedelta(days=round(draw.triangular(-9, 130, 25 + 18 * (3 - place)))),
            )
        )  # fmt: skip
    for _number in range(closed):
        days = 420 * (1 - draw.random() ** 0.6)
        when = now - dt.timedelta(days=days)
        won = draw.random() < 0.56
        made.append(
            deal(
                stages[WON if won else LOST][0], days + draw.uniform(8, 70), closed_at=when, stage_since=when,
                expected_on=(when + dt.timedelta(days=draw.uniform(-12, 12))).date(),
                lost_reason=None if won else draw.choices(reasons, weights=[6, 3, 4, 3, 5, 1, 1][: len(reasons)])[0],
            )
        )  # fmt: skip
    return made
