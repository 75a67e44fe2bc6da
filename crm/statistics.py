"""What came of a mailing, from what mail servers and people answered: nobody is watched opening or clicking."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.models import Mailing
from crm.models.mailing import GONE, TO_GO, MessageState

TONES = {
    MessageState.WAITING: "neutral",
    MessageState.QUEUED: "info",
    MessageState.SENT: "good",
    MessageState.EXCLUDED: "warn",
    MessageState.FAILED: "danger",
    MessageState.UNCERTAIN: "warn",
    MessageState.BOUNCED: "danger",
    MessageState.COMPLAINED: "danger",
}
# What each figure counts, and what the list behind it shows. A bounce and a complaint are of messages that left.
FIGURES: dict[str, Q] = {
    "sent": Q(state__in=GONE),
    "to-go": Q(state__in=TO_GO),
    "excluded": Q(state=MessageState.EXCLUDED),
    "bounced": Q(state=MessageState.BOUNCED),
    "left": Q(unsubscribed_at__isnull=False),
    "complained": Q(state=MessageState.COMPLAINED),
    "failed": Q(state=MessageState.FAILED),
    "uncertain": Q(state=MessageState.UNCERTAIN),
}
_ALWAYS = ("sent", "excluded", "bounced", "left", "complained")
_PARTS = ("bounced", "left", "complained")  # of what was sent
_FIGURE_TONES = {
    "to-go": "info", "bounced": "danger", "left": "warn", "complained": "danger", "failed": "danger",
    "uncertain": "warn",
}  # fmt: skip


@dataclass(frozen=True)
class Tile:
    """`share`: in % of what was sent; None where it is no part of it."""

    key: str
    label: str
    value: int
    tone: str
    share: int | None


def figures_of(mailing: Mailing) -> dict[str, Any]:
    """One query. `done`: the share in % of those to whom it may go that have been dealt with."""
    found = mailing.messages.aggregate(
        total=Count("id"), **{key: Count("id", filter=which) for key, which in FIGURES.items()}
    )
    intended = found["total"] - found["excluded"]
    return {
        "tiles": [_tile(key, found) for key in FIGURES if key in _ALWAYS or found[key]],
        "total": found["total"],
        "done": round(100 * (intended - found["to-go"]) / intended) if intended else 100,
    }


def _tile(key: str, found: dict[str, int]) -> Tile:
    n = found[key]
    labels = {
        "sent": ngettext("Envoyé", "Envoyés", n),
        "to-go": _("À envoyer"),
        "excluded": ngettext("Écarté", "Écartés", n),
        "bounced": _("Non remis"),
        "left": ngettext("Désabonné", "Désabonnés", n),
        "complained": ngettext("Plainte", "Plaintes", n),
        "failed": ngettext("Refusé", "Refusés", n),
        "uncertain": str(MessageState.UNCERTAIN.label),
    }
    share = round(100 * n / found["sent"]) if n and found["sent"] and key in _PARTS else None
    return Tile(key, labels[key], n, _FIGURE_TONES.get(key, "") if n else "", share)
