"""Where each client stands. The alarm is on the absence of a proven backup: a silent success proves nothing."""

import datetime as dt
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _

from backups import catalogue, drill, heads
from backups.models import Backup, Kind, State, Trigger
from backups.slots import Slot, last_due
from core.templatetags.french import size
from tenants.models import SERVED, Client


@dataclass
class Report:
    """`alarms` is empty when every served client has a verified backup of the last slots that are due.

    `late`: the codes of the clients that lack one, by slot.
    """

    lines: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    late: dict[Slot, list[str]] = field(default_factory=dict)
    chain: int | None = 0


def report(moment: dt.datetime | None = None) -> Report:
    """One line for each client, and what is wrong."""
    made = Report(late=late(moment))
    proven = _last_proven()
    for client in Client.objects.all():
        made.lines.append(f"{client.code:<24} {_told(proven.get(client.pk))}")
    for slot, codes in made.late.items():
        said = {"slot": slot.day.strftime("%d/%m/%Y"), "codes": ", ".join(codes)}
        if slot.trigger == Trigger.NOON:
            made.alarms.append(_("Sans sauvegarde vérifiée de midi le %(slot)s : %(codes)s.") % said)
        else:
            made.alarms.append(_("Sans sauvegarde vérifiée de la soirée du %(slot)s : %(codes)s.") % said)
    if doubtful := Backup.objects.filter(doubtful_clock=True).count():
        made.alarms.append(
            _(
                "L’horloge a sauté, %(count)s sauvegarde(s) en doute : rien n’est détruit "
                "(backup prune --clock-is-right)."
            )
            % {"count": doubtful}
        )
    if overdue := drill.overdue(moment):
        made.alarms.append(
            _("Sans restauration d’essai depuis plus de huit jours : %(codes)s.") % {"codes": ", ".join(overdue)}
        )
    links = catalogue.chain()
    made.chain = None if links is None else len(links)
    if links is None:
        made.alarms.append(_("La chaîne du catalogue est rompue : une ligne a été changée ou enlevée."))
    elif wrong := heads.shortened(links):
        made.alarms.append(wrong)
    else:
        made.lines.append(_("Catalogue : %(count)s sauvegarde(s) enchaînées, intact.") % {"count": made.chain})
    return made


def late(moment: dt.datetime | None = None) -> dict[Slot, list[str]]:
    """The served clients without a verified backup of a slot two hours after it was due.

    The evening's: a full begun since. Noon's: whatever was begun since, the next evening's full above all.
    """
    served = Client.objects.filter(state__in=SERVED).order_by("code")
    found = {}
    for trigger in (Trigger.NIGHTLY, Trigger.NOON):
        slot = last_due(trigger, moment)
        proven = Backup.objects.filter(state=State.VERIFIED, started_at__gte=slot.due)
        if trigger == Trigger.NIGHTLY:
            proven = proven.filter(kind=Kind.FULL)
        missing = served.filter(created_at__lte=slot.due).exclude(pk__in=proven.values("client_id"))
        if codes := list(missing.values_list("code", flat=True)):
            found[slot] = codes
    return found


def _last_proven() -> dict[int, Backup]:
    rows = Backup.objects.filter(state=State.VERIFIED).order_by("client_id", "-seq").distinct("client_id")
    return {row.client_id: row for row in rows}


def _told(last: Backup | None) -> str:
    if last is None:
        return _("aucune sauvegarde vérifiée")
    when = timezone.localtime(last.verified_at).strftime("%d/%m/%Y %H:%M")
    return _("n° %(seq)s vérifiée le %(when)s, %(size)s") % {"seq": last.seq, "when": when, "size": size(last.size)}
