"""What mail servers and people answered to a message, in plain French; the server's own words stay beside it."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.models import Message
from crm.models.mailing import MessageState

_CODE = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b")
# The codes of RFC 3463 without their class; of a family where its details say nothing more.
_MEANINGS = {
    "1.1": gettext_lazy("L’adresse n’existe pas"),
    "1.2": gettext_lazy("Le domaine de l’adresse n’existe pas"),
    "1.10": gettext_lazy("Le domaine de l’adresse ne reçoit pas de courriels"),
    "1": gettext_lazy("L’adresse n’est pas valable"),
    "2.1": gettext_lazy("La boîte du destinataire est fermée"),
    "2.2": gettext_lazy("La boîte du destinataire est pleine"),
    "2.3": gettext_lazy("Le message est trop grand pour la boîte du destinataire"),
    "2": gettext_lazy("La boîte du destinataire n’a pas pu le recevoir"),
    "4": gettext_lazy("Le serveur du destinataire n’a pas pu être joint"),
    "7": gettext_lazy("Le serveur du destinataire n’en a pas voulu : indésirable, ou contraire à ses règles"),
}


def explained(message: Message) -> tuple[str, str]:
    """(why, in French; the server's words)."""
    state = MessageState(message.state)
    if state == MessageState.COMPLAINED:
        return _("Le destinataire l’a signalé comme indésirable."), ""
    if state == MessageState.EXCLUDED:
        return message.error or message.get_reason_display(), ""
    if state == MessageState.UNCERTAIN:
        return _("Peut-être parti : la liaison est tombée pendant l’envoi. Il n’est pas renvoyé seul."), ""
    if not message.error and not message.bounce_code:
        return "", ""
    code = message.bounce_code or "".join(_CODE.findall(message.error)[:1])
    return _meaning(code), message.error.removeprefix("smtp;").strip()


def _meaning(code: str) -> str:
    kind = code.partition(".")[2]
    family = _MEANINGS.get(kind.partition(".")[0]) or _("Le serveur du destinataire ne l’a pas pris")
    means = _MEANINGS.get(kind) or family
    return f"{means} ({code})." if code else f"{means}."
