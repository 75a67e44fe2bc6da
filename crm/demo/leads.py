"""What the site's forms brought lately."""

import datetime as dt
import random
from collections.abc import Sequence

from django.utils import timezone

from core.accounts.models import User
from core.text import fold
from crm.demo import words
from crm.models import Lead
from crm.models.lead import LeadState

ASKED = {
    "atelier": (
        "Bonjour, je cherche un menuisier pour un escalier en chêne, deux étages.",
        "Pouvez-vous passer pour un devis de portail coulissant ?",
        "Remplacement de huit fenêtres, maison de 1930.", "Une bibliothèque sur mesure, 4 m de long.",
        "Terrasse en bois, 35 m². Travaux souhaités au printemps.",
    ),
    "horizon": (
        "Avez-vous encore un T3 avec balcon dans la résidence des Pins ?",
        "Nous vendons un terrain de 2 400 m² à Vannes.", "Investissement locatif : pouvez-vous me rappeler ?",
        "Visite de l’appartement témoin samedi ?", "Quelles sont les charges prévues pour le lot 12 ?",
    ),
}  # fmt: skip


def fill(code: str, people: Sequence[User]) -> None:
    draw = random.Random(f"{code} leads")  # noqa: S311 - not a secret: the same data at every run
    made = []
    for number in range(14):
        first, last = draw.choice(words.FIRST_NAMES), draw.choice(words.LAST_NAMES)
        sent = {
            "first_name": first, "last_name": last, "message": draw.choice(ASKED[code]),
            "email": f"{fold(first)}.{fold(last)}@courriel.example".replace(" ", "-"),
            "company_name": f"{draw.choice(('Cabinet', 'Maison', 'Agence'))} {last}" if draw.random() < 0.4 else "",
            "source": draw.choice(("google", "facebook", "site", "recommandation")),
        }  # fmt: skip
        state = draw.choices(
            (LeadState.NEW, LeadState.QUALIFIED, LeadState.DISCARDED), weights=(8, 3, 2)
        )[0]  # fmt: skip
        made.append(
            Lead(
                **sent, payload=sent, form="Demande de devis", state=state, idempotency_key=f"demo-{number}",
                discard_reason="spam" if state == LeadState.DISCARDED else "", owner=draw.choice([*people, None]),
                created_at=timezone.now() - dt.timedelta(hours=draw.expovariate(1 / 60)),
            )
        )  # fmt: skip
    Lead.objects.bulk_create(made)
