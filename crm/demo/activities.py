"""What the people of the demo have to do this week, and did before it."""

import datetime as dt
import random
from collections.abc import Sequence

from django.utils import timezone

from core.accounts.models import User
from crm.models import Activity, Deal
from crm.models.activity import ActivityKind, ActivityState
from crm.models.deal import State

TASK, CALL, MEETING, VISIT, EMAIL = (
    ActivityKind.TASK, ActivityKind.CALL, ActivityKind.MEETING, ActivityKind.VISIT, ActivityKind.EMAIL,
)  # fmt: skip
# (kind, what, minutes, weight)
DONE_DAILY = [
    (CALL, "Rappeler pour le choix des finitions", 0, 5), (CALL, "Relancer le devis", 15, 6),
    (EMAIL, "Envoyer le devis corrigé", 0, 5), (EMAIL, "Demander les plans à jour", 0, 4),
    (VISIT, "Visite et prise de cotes", 90, 5), (VISIT, "Réunion de chantier", 120, 3),
    (MEETING, "Présentation du projet", 60, 4), (MEETING, "Point d’avancement", 45, 3), (TASK, "Chiffrer le lot", 0, 4),
    (TASK, "Vérifier le délai des vitrages", 0, 2), (TASK, "Préparer l’échantillon", 0, 2),
]  # fmt: skip
OWN = [
    "Préparer la réunion commerciale",
    "Mettre à jour le tarif bois",
    "Notes de frais",
    "Photos du chantier à classer",
]
DAYS_BEFORE, DAYS_AHEAD = 45, 30


def fill(code: str, people: Sequence[User]) -> None:
    """Some five a working day for each person, about their open deals; a few left undone."""
    draw = random.Random(f"{code} activities")  # noqa: S311 - not a secret: the same data at every run
    today, now, made = timezone.localdate(), timezone.now(), []
    deals = list(Deal.objects.filter(state=State.OPEN).select_related("company", "contact", "owner").order_by("pk"))
    for person in people:
        mine = [deal for deal in deals if deal.owner_id == person.pk] or deals
        for offset in range(-DAYS_BEFORE, DAYS_AHEAD + 1):
            day = today + dt.timedelta(days=offset)
            if day.weekday() >= 5:
                continue
            quarter = 34 + draw.randrange(3)  # half past eight
            for _number in range(draw.choice((4, 5, 6)) if offset <= 7 else draw.choice((0, 1, 1, 2))):
                kind, subject, minutes, _weight = draw.choices(DONE_DAILY, weights=[one[3] for one in DONE_DAILY])[0]
                at = timezone.make_aware(dt.datetime.combine(day, dt.time(quarter // 4, quarter % 4 * 15)))
                quarter += max(minutes // 15, 2) + draw.choice((0, 1, 2, 4))
                quarter += 5 if 48 <= quarter < 53 else 0  # lunch
                if quarter >= 74:
                    break
                own, deal = kind == TASK and draw.random() < 0.3, draw.choice(mine)
                done = at < now and (offset < -6 or draw.random() < 0.86)
                made.append(
                    Activity(
                        kind=kind, subject=draw.choice(OWN) if own else subject, due_at=at, minutes=minutes,
                        owner=person,
                        deal=None if own else deal, company=None if own else deal.company,
                        contact=None if own else deal.contact,
                        location=deal.company.city if kind == VISIT and deal.company else "",
                        remind_before=60 if kind == VISIT and at > now else None,
                        state=ActivityState.DONE if done else ActivityState.PLANNED,
                        done_at=min(at + dt.timedelta(minutes=minutes + 5), now) if done else None,
                        created_at=min(at, now) - dt.timedelta(days=draw.uniform(0.5, 9)),
                    )
                )  # fmt: skip
    Activity.objects.bulk_create(made)
