"""The screens of leads, sites and groups in the states they can be in: see states.py."""

from collections.abc import Iterator

from crm.models import Company, Contact, Lead, Site
from tests.browser.states import State, press, then, walk
from tests.browser.worlds import LONG


def of_leads(instance) -> Iterator[State]:
    with instance.rows():
        lead = Lead.objects.create(
            first_name="Anne",
            last_name="Le Goff",
            email="anne@kervella.example",
            company_name=LONG,
            message="Escalier ?\n" * 4,
            payload={"_consent": f"J’accepte de recevoir les nouveautés de {LONG} par e-mail."},
        )
        Lead.objects.create(last_name="Hamon", state="discarded", discard_reason="spam", duplicate_of=lead)
        company = Company.objects.create(name="Charpentes Riou")
        Contact.objects.create(last_name="Goff", email="anne@kervella.example", company=company)
    url = f"/crm/leads/{lead.pk}/"
    yield "leads", "/crm/leads/", None
    yield "lead", url, None
    yield "lead, to discard", f"{url}discard/", None
    yield "lead, to convert", f"{url}conversion/", None
    yield (
        "lead, refused",
        "",
        then(lambda page: page.get_by_label("Nom de l’affaire").fill(""), press("Convertir", exact=True)),
    )
    yield "lead, qualified", url, press("Qualifier")
    yield "lead, discarded", f"/crm/leads/{lead.pk + 1}/", None


def of_sites(instance) -> Iterator[State]:
    with instance.rows():
        group = Company.objects.create(name=LONG)
        company = Company.objects.create(name="Charpentes Riou", parent=group)
        Company.objects.bulk_create([Company(name=f"Filiale {n}", parent=company) for n in range(14)])
        site = Site.objects.create(
            company=company,
            name="Villa des Pins",
            city="Brest",
            latitude="48.39",
            longitude="-4.49",
            access_notes="Portail.\n" * 3,
        )
    yield "group", f"/crm/companies/{company.pk}/", None
    yield "sites", "/crm/sites/", None
    yield "site", f"/crm/sites/{site.pk}/", None
    yield "site, form", f"/crm/sites/{site.pk}/edit/", None


def test_leads_and_sites(instance):
    instance.enter("sales", "/")
    walk(instance, of_leads(instance))
    walk(instance, of_sites(instance))
    with instance.rows():
        assert Lead.objects.filter(state="qualified").exists()
