"""What came of a mailing, from what mail servers and people answered: nobody is watched opening or clicking."""

from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.models import Mailing
from crm.models.mailing import MessageState

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


def figures_of(mailing: Mailing) -> dict[str, Any]:
    """One query. `done`: the share in % of those to whom it may go that have been dealt with."""
    rows = mailing.messages.values_list("state").annotate(n=Count("id"), left=Count("unsubscribed_at")).order_by()
    counts = {state: number for state, number, _left in rows}
    left = sum(number for _state, _n, number in rows)
    total = sum(counts.values())
    excluded = counts.get(MessageState.EXCLUDED, 0)
    to_go = counts.get(MessageState.WAITING, 0) + counts.get(MessageState.QUEUED, 0)
    arrived = counts.get(MessageState.SENT, 0)
    returned = counts.get(MessageState.BOUNCED, 0) + counts.get(MessageState.FAILED, 0)
    complaints = counts.get(MessageState.COMPLAINED, 0)
    intended = total - excluded
    tiles = [
        (ngettext("Envoyé", "Envoyés", arrived), arrived, ""),
        (ngettext("Écarté", "Écartés", excluded), excluded, ""),
        (_("Non remis"), returned, "danger" if returned else ""),
        (ngettext("Désabonné", "Désabonnés", left), left, "warn" if left else ""),
        (ngettext("Plainte", "Plaintes", complaints), complaints, "danger" if complaints else ""),
    ]
    if doubtful := counts.get(MessageState.UNCERTAIN, 0):
        tiles.append((str(MessageState.UNCERTAIN.label), doubtful, "warn"))
    if to_go:
        tiles.insert(1, (_("À envoyer"), to_go, "info"))
    return {
        "counts": counts,
        "tiles": [{"label": label, "value": value, "tone": tone} for label, value, tone in tiles],
        "total": total,
        "done": round(100 * (intended - to_go) / intended) if intended else 100,
    }
