"""A client with something of everything, for tests that look at every screen."""

import datetime as dt
import io
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from PIL import Image

from backups.models import Backup, State, Trigger
from core.accounts.models import Role, User
from core.actions.bin import bin_rows
from core.actions.notes import write_note
from core.actions.saved_views import open_first, save_view
from core.actions.tags import tag_named, tag_row
from core.attachments.actions import attach
from crm.models import Company, Contact
from crm.resources.company import CompanyResource

LONG = "Coopérative départementale des menuisiers, charpentiers et couvreurs du Haut-Léon et du Trégor réunis"


def photo(size=(400, 300)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, "PNG")
    return out.getvalue()


def fill(instance) -> Company:
    """Rows short and long, tags, notes, files, history, views, a bin, a notification. Returns the richest record."""
    with instance.rows():
        admin, sales = (User.objects.get(email=f"{who}@{instance.client.code}.example") for who in ("admin", "sales"))
        Company.objects.bulk_create([Company(name=f"Maison {n:03d}", city="Brest") for n in range(9)])
        Company.objects.create(
            name=LONG, city="Saint-Julien-en-Saint-Alban-sur-Loire", relation="customer", owner=sales
        )
        company = Company.objects.create(
            name="Charpentes Riou", legal_name=f"SAS {LONG}", city="Quimper", relation="customer", kind="public", owner=sales,
            siren="732829320", phone="+33298000000", email="une.adresse.vraiment.tres.longue@charpentes-riou-et-fils.example",
            website="https://www.charpentes-riou.example/une/adresse/qui/ne/finit/pas/de/si/tot", credit_limit=1234567, note="Ligne\n" * 6,
        )  # fmt: skip
        for n in range(7):
            Contact.objects.create(
                first_name="Yann", last_name=f"Le Goff {n}", company=company, job="Directeur général"
            )
        Company.objects.filter(pk=company.pk).update(city="Douarnenez", note="Autre")
        for name in ("Fidèle", "À rappeler avant l’été, impérativement", "Salon 2026"):
            tag_row(company, tag_named(name))
        write_note(CompanyResource, company, "Vu avec @Admin Test : https://example.org/" + "a" * 120, by=sales)
        uploads = [
            SimpleUploadedFile("façade.png", photo()),
            SimpleUploadedFile(f"{'compte-rendu-' * 9}.txt", b"Bonjour"),
        ]
        attach(company, uploads, by=sales)
        for n in range(6):
            save_view(
                CompanyResource, by=admin, name=f"Vue au nom plutôt long {n}", audience="everyone", params={"q": [f"maison 00{n}"]},
                columns=[], position=n + 1,
            )  # fmt: skip
        gone = Company.objects.create(name=f"Supprimée {LONG}")
        bin_rows(Company.objects.filter(pk=gone.pk), by=admin)
    return company


def view_first(instance, view, role: str = "reader") -> None:
    with instance.rows():
        open_first(
            view, [Role.objects.get(code=role)], by=User.objects.get(email=f"admin@{instance.client.code}.example")
        )


@contextmanager
def backups_of_every_state(client) -> Iterator[None]:
    """One of each state in the catalogue, gone afterwards (the catalogue outlives a client); nothing on disk."""
    connection.set_schema_to_public()
    for days, state in enumerate(State.values):
        when = timezone.now() - dt.timedelta(days=days)
        backup = Backup(
            client_id=client.pk, client_code=client.code, schema_name=client.schema_name, trigger=Trigger.MANUAL,
            slot=when.date(), state=state, size=123_456_789, verified_at=when if state == State.VERIFIED else None,
            ended_at=None if state == State.RUNNING else when, pruned_at=when if state == State.PRUNED else None, rows=5000, files=2, path="x", manifest_sha256="x",
            hash=f"{client.pk} {days}", previous_hash=f"{client.pk} {days - 1}", error="Disque plein" if state == State.FAILED else "",
        )  # fmt: skip
        backup.save()
    yield
    connection.set_schema_to_public()
    Backup.objects.filter(client_code=client.code).delete()
