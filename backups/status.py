"""Where each client stands. The alarm is on the absence of a proven backup: a silent success proves nothing."""

import datetime as dt
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _

from backups import catalogue
from backups.models import Backup, State
from backups.slots import last_due
from core.templatetags.french import size
from tenants.models import Client
from tenants.models import State as ClientState


@dataclass
class Report:
    """`alarms` is empty when every served client has a verified backup of the last slot that is due."""

    lines: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)


def report(moment: dt.datetime | None = None) -> Report:
    """One line for each client, and what is wrong."""
    slot, due = last_due(moment)
    made, late = Report(), []
    for client in Client.objects.all():
        last = Backup.objects.of(client_id=client.pk).filter(state=State.VERIFIED).first()
        made.lines.append(f"{client.code:<24} {_told(last)}")
        served = client.state in (ClientState.LIVE, ClientState.TRIAL)
        if served and client.created_at <= due and (last is None or last.slot < slot):
            late.append(client.code)
    if late:
        said = {"slot": slot.strftime("%d/%m/%Y"), "codes": ", ".join(late)}
        made.alarms.append(_("Sans sauvegarde vérifiée de la soirée du %(slot)s : %(codes)s.") % said)
    length = catalogue.chain_length()
    if length is None:
        made.alarms.append(_("La chaîne du catalogue est rompue : une ligne a été changée ou enlevée."))
    else:
        made.lines.append(_("Catalogue : %(count)s sauvegarde(s) enchaînées, intact.") % {"count": length})
    return made


def _told(last: Backup | None) -> str:
    if last is None:
        return _("aucune sauvegarde vérifiée")
    when = timezone.localtime(last.verified_at).strftime("%d/%m/%Y %H:%M")
    return _("n° %(seq)s vérifiée le %(when)s, %(size)s") % {"seq": last.seq, "when": when, "size": size(last.size)}
