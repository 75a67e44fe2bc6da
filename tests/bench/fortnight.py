"""A fortnight of noons and evenings by a moved clock: the real tasks, engine, store and screen. What is kept is the
worked example of backups.md (Easter 2026): the catalogue, the disk and the page must say the same."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from django.conf import settings
from django.test import Client as Visitor
from django.test import override_settings
from django_tenants.utils import tenant_context

from backups import tasks
from backups.actions import verify
from backups.engine.container import client_folder
from backups.models import KEPT, Backup, Trigger
from backups.slots import Slot, open_slot
from core.accounts.models import Role, User
from tenants.models import Client
from tests.bench.report import Line, Report

FIRST, LAST = dt.date(2026, 3, 25), dt.date(2026, 4, 7)  # Good Friday and Easter Monday are within
CUT = dt.date(2026, 3, 27)  # good days: 27, 30 and 31/03, 1, 2 and 7/04
PERSON = "quinzaine@bench.example"


def fortnight(report: Report, *, quick: bool) -> None:
    """How far the three are from the rule; a budget of zero."""
    from tests.bench.backups import client_of_bench, store

    with store():
        client = client_of_bench(0)
        live(client, FIRST, LAST)
        wanted = {(day, trigger) for day in days(CUT, LAST) for trigger in (Trigger.NOON, Trigger.NIGHTLY)}
        wanted.add((CUT - dt.timedelta(days=1), Trigger.NIGHTLY))  # the full that the first noon completes
        rows = Backup.objects.of(client_id=client.pk).filter(state__in=KEPT)
        listed = {row.pk: (row.slot, Trigger(row.trigger)) for row in rows}
        for name, found in (
            ("au catalogue", set(listed)),
            ("sur le disque", on_disk(client)),
            ("à l’écran", on_screen(client)),
        ):
            wrong = wanted ^ {listed.get(seq, (None, seq)) for seq in found}
            report.line(Line(f"sauvegarde, quinzaine de Pâques : écarts {name}", len(wrong), "", 0,
                             detail=", ".join(map(str, sorted(wrong, key=str)))))  # fmt: skip
        for row in (rows.order_by("seq").first(), rows.order_by("seq").last()):
            verify(row)


def live(client: Client, first: dt.date, last: dt.date) -> None:
    """The noons and evenings of these days, as the runners do them. A company comes each time."""
    for day in days(first, last):
        for slot in (Slot.noon(day), Slot.evening(day)):
            with at(slot.due + dt.timedelta(minutes=3)):
                _company(client, f"Du {day:%d/%m}")
                due = open_slot()
                if due != slot:
                    raise RuntimeError(f"{slot} is not due: {due}")
                tasks._run(client, slot)


@contextmanager
def at(moment: dt.datetime) -> Iterator[None]:
    """The clock shows a moment. PostgreSQL's own goes on as it was."""
    with mock.patch("django.utils.timezone.now", lambda: moment.astimezone(dt.UTC)):
        yield


def days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def on_disk(client: Client) -> set[int]:
    folder = Path(settings.BACKUP_ROOT) / client_folder(client.schema_name)
    return {int(path.name) for path in folder.iterdir() if path.name != "blobs"}


def on_screen(client: Client) -> set[int]:
    """The backups that the client's page says are kept, asked as its administrator."""
    with tenant_context(client):
        person, _made = User.objects.get_or_create(email=PERSON, defaults={"first_name": "A", "last_name": "B"})
        person.roles.add(*Role.objects.filter(code="administrator"))
        visitor = Visitor(headers={"host": client.host})
        visitor.force_login(person)
    with override_settings(ALLOWED_HOSTS=["*"]), at(Slot.evening(LAST).due + dt.timedelta(hours=1)):
        page = visitor.get("/backups/").content.decode()
    lines = re.findall(r'<tr><th scope="row".*?</tr>', page, re.DOTALL)
    return {
        int(found[1]) for line in lines if "Vérifiée" in line and (found := re.search(r'href="/backups/(\d+)/"', line))
    }


def _company(client: Client, name: str) -> None:
    from crm.models import Company

    with tenant_context(client):
        Company.objects.create(name=name)
