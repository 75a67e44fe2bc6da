"""Leads: kept as they came, qualified, converted in one transaction."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.models import Event
from crm.models import Company, Contact, Deal, Lead
from tests.contract.conftest import filled

LEADS = "/crm/leads/"


@pytest.fixture
def lead(atelier) -> Lead:
    return Lead.objects.create(
        first_name="Anne", last_name="Le Goff", email="anne@kervella.example", phone="+33 6 98 00 11 22",
        company_name="Menuiserie Kervella", message="Un escalier pour mars ?", source="google", payload={"last_name": "Le Goff"},
    )  # fmt: skip


def go(someone, lead, page, **data):
    answer = someone.post(f"{LEADS}{lead.pk}/{page}/", data)
    lead.refresh_from_db()
    return answer


def convert(someone, lead, **data):
    url = f"{LEADS}{lead.pk}/conversion/"
    answer = someone.post(url, {**filled(someone.get(url)), **data})
    lead.refresh_from_db()
    return answer


def test_the_list_opens_on_the_newest(person):
    me, now = person(crm="write"), timezone.now()
    for name, days in (("Ancienne", 9), ("Zeste", 1), ("Abeille", 4)):
        lead = Lead.objects.create(last_name=name)
        Lead.objects.filter(pk=lead.pk).update(created_at=now - dt.timedelta(days=days))

    def names(**query):
        return [row.title for row in me.get(LEADS, query).context["listing"].rows]

    assert names() == ["Zeste", "Abeille", "Ancienne"] == names(sort="-created_at")
    assert names(sort="created_at") == ["Ancienne", "Abeille", "Zeste"]
    assert names(sort="last_name") == ["Abeille", "Ancienne", "Zeste"]
    page = me.get(LEADS).content.decode()
    assert page.count("aria-sort=") == 1 and 'aria-sort="descending"' in page
    assert "sort=created_at" in page and "sort=-created_at" not in page


def test_what_was_received_never_changes_and_states_follow_their_ways(lead):
    for change in ({"payload": {}}, {"form": "x"}, {"idempotency_key": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Lead.objects.filter(pk=lead.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():  # new: not converted before it is qualified
        Lead.objects.filter(pk=lead.pk).update(state="converted", converted_at="2026-01-01T00:00Z")
    Lead.objects.filter(pk=lead.pk).update(phone="")  # corrections are allowed


def test_a_lead_becomes_a_company_a_contact_and_a_deal_and_no_consent(seller, lead):
    assert go(seller, lead, "qualification").status_code == 302 and lead.state == "qualified"
    answer = convert(seller, lead, makes_deal="on", amount="4200")
    company, contact, deal = Company.objects.get(), Contact.objects.get(), Deal.objects.get()
    assert answer.headers["Location"] == f"/crm/deals/{deal.pk}/"
    assert (lead.state, lead.company, lead.contact, lead.deal) == ("converted", company, contact, deal)
    assert (company.name, company.relation, company.source, company.owner) == (
        "Menuiserie Kervella", "prospect", "google", seller.user,
    )  # fmt: skip
    assert (contact.company, contact.email, contact.recipient_kind) == (company, lead.email, "professional")
    assert (deal.contact, deal.company, deal.amount, deal.note) == (contact, company, 4200, "Un escalier pour mars ?")
    assert go(seller, lead, "discard").status_code == 200 and lead.state == "converted"
    assert "déjà « convertie »" in convert(seller, lead).content.decode() and Deal.objects.count() == 1


def test_those_who_are_there_already_are_proposed_first(seller, lead):
    company = Company.objects.create(name="Kervella Menuiserie")
    contact = Contact.objects.create(last_name="Goff", email="ANNE@kervella.example", company=company)
    page = seller.get(f"{LEADS}{lead.pk}/conversion/").context["form"]
    assert (page.initial["company"], page.initial["contact"]) == (str(company.pk), str(contact.pk))
    convert(seller, lead, makes_deal="")
    assert (lead.company, lead.contact, lead.deal) == (company, contact, None) and Contact.objects.count() == 1


def test_a_private_person_stays_one_of_unknown_kind(seller, lead):
    Lead.objects.filter(pk=lead.pk).update(company_name="")
    convert(seller, lead)
    assert not Company.objects.exists() and Contact.objects.get().recipient_kind == "unknown"


def test_a_conversion_is_whole_or_nothing(seller, lead):
    Lead.objects.filter(pk=lead.pk).update(phone="12")  # the contact's form refuses it, after the company is made
    answer = convert(seller, lead)
    assert "Contact :" in answer.content.decode() and lead.state == "new"
    assert not Company.objects.exists() and not Contact.objects.exists() and not Deal.objects.exists()


def test_a_lead_is_discarded_for_a_reason_and_may_come_back(seller, lead):
    go(seller, lead, "discard", reason="spam")
    assert (lead.state, lead.discard_reason) == ("discarded", "spam")
    assert "Remettre à traiter" in seller.get(f"{LEADS}{lead.pk}/").content.decode()
    go(seller, lead, "reopening")
    assert (lead.state, lead.discard_reason) == ("new", "")
    assert Event.objects.filter(model="crm.lead", object_id=lead.pk, actor_id=seller.user.pk).count() == 2
