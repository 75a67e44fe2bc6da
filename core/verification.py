"""Verifying the history: is each event as it was sealed, is none missing, are the values those it was made with."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from core.models import Event, EventValues, Seal, SealHead
from core.sealing import DIGESTS, seal_hash

SHOWN = 20  # damages kept of a report; all are counted


@dataclass
class Report:
    """A client's history: figures, and what is wrong, in words and in order."""

    events: int = 0
    sealed_up_to: int = 0
    seals: int = 0
    forgotten: int = 0
    uncommitted: int = 0  # events from before commitments: their values prove nothing
    damages: int = 0
    found: list[str] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return not self.damages

    def add(self, text: str) -> None:
        self.damages += 1
        if len(self.found) < SHOWN:
            self.found.append(text)


def verify() -> Report:
    """Verify the active client's history. Reads everything: some 30 µs an event."""
    report = Report(events=Event.objects.count())
    for damage in _chain(report):
        report.add(damage)
    for damage in _values():
        report.add(damage)
    report.forgotten = EventValues.objects.filter(forgotten_at__isnull=False).count()
    report.uncommitted = Event.objects.filter(commitment__isnull=True).count()
    return report


def _chain(report: Report) -> Iterator[str]:
    number, last, link = 0, 0, b""
    for seal in Seal.objects.order_by("number").iterator(chunk_size=20):
        if seal.number != number + 1:
            yield _("sceau n° %s manquant") % (number + 1)
        elif bytes(seal.previous) != link:
            yield _("sceau n° %s : la chaîne est rompue avant lui") % seal.number
        if seal_hash(seal) != bytes(seal.hash):
            yield _("sceau n° %s modifié") % seal.number
        yield from _block(seal, last if seal.number == number + 1 else seal.first_event - 1)
        number, last, link = seal.number, seal.last_event, bytes(seal.hash)
    report.sealed_up_to, report.seals = last, number
    head = SealHead.objects.first()
    if head is None:
        if number:
            yield _("la trace du dernier sceau a disparu")
    elif head.number > number:
        yield _("sceaux n° %(first)s à %(last)s manquants") % {"first": number + 1, "last": head.number}
    elif (head.number, bytes(head.hash)) != (number, link):
        yield _("le dernier sceau n’est pas celui qui avait été posé")


def _block(seal: Seal, after: int) -> Iterator[str]:
    """The events of a seal against those that are there."""
    digests = bytes(seal.digests)
    sealed = {pk: digests[32 * index : 32 * index + 32] for index, pk in enumerate(seal.ids)}
    with connection.cursor() as cursor:
        cursor.execute(DIGESTS, [after, seal.last_event, None])
        there = {pk: bytes(digest) for pk, digest in cursor.fetchall()}
    if sealed == there:
        return
    for pk in sorted(sealed.keys() | there.keys()):
        if pk not in there:
            yield _("événement %s manquant") % pk
        elif pk not in sealed:
            yield _("événement %s ajouté après coup") % pk
        elif sealed[pk] != there[pk]:
            yield _("événement %s modifié") % pk


def _values() -> Iterator[str]:
    """Values that are not what their event committed itself to."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.id, v.event_id IS NULL
            FROM core_event e LEFT JOIN core_eventvalues v ON v.event_id = e.id
            WHERE v.event_id IS NULL
               OR v.forgotten_at IS NOT NULL AND (v.salt IS NOT NULL OR v.before IS NOT NULL OR v.after IS NOT NULL)
               OR v.forgotten_at IS NULL AND e.commitment IS NOT NULL AND (
                    v.salt IS NULL OR public.b2o_commitment(v.salt, v.before, v.after) <> e.commitment)
            ORDER BY e.id
            """
        )
        for pk, missing in cursor:
            yield (
                _("valeurs de l’événement %s manquantes") if missing else _("valeurs de l’événement %s altérées")
            ) % pk


def forget_values(events: list[int]) -> int:
    """Erase the values and salts of the active client's events (R17). The chain still verifies. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.b2o_forget_values(current_schema(), %s)", [events])
        return cursor.fetchone()[0]
