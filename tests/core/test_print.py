"""« Imprimer la fiche »: what is particular to companies and their contacts."""

import io

import pytest
from pypdf import PdfReader

from core.actions.tags import tag_named, tag_row
from core.models import Extraction
from core.pdf import typesetter
from core.pdf.record import MAX_ROWS
from crm.models import Company, Contact


@pytest.fixture
def company(atelier):
    made = Company.objects.create(
        name="Menuiserie L’Hostis & Fils", siret="73282932000074", siren="732829320", city="Évry", relation="customer"
    )
    Contact.objects.create(company=made, last_name="Guéguen", first_name="Zoé", job="Gérante")
    tag_row(made, tag_named("Prioritaire"))
    return made


def printed(browser, company, **options) -> str:
    answer = browser.post(f"/crm/companies/{company.pk}/print/", options)
    assert answer["Content-Type"] == "application/pdf"
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())


def test_a_company_with_its_groups_tags_and_contacts(signed_in, atelier, company):
    text = printed(signed_in(atelier), company, related="1")
    for said in ("Menuiserie L’Hostis & Fils", "Client", "Identité", "Coordonnées", "Évry", "Prioritaire", "Contacts"):
        assert said in text
    assert "Zoé Guéguen" in text and "Non précisé" in text
    lines = {line.resource: line for line in Extraction.objects.all()}
    assert lines.keys() == {"crm.company", "crm.contact"}
    assert lines["crm.contact"].end.rows == 1 and "company" not in lines["crm.contact"].columns
    assert lines["crm.contact"].end.sha256 == lines["crm.company"].end.sha256


def test_only_the_contacts_that_the_person_sees(signed_in, atelier, company):
    from core.accounts.models import Role, User

    sales = User.objects.get(email="sales@atelier.example")
    Company.objects.filter(pk=company.pk).update(owner=sales)
    Role.objects.filter(code="sales").update(scopes={"crm": "own"})
    Contact.objects.create(company=company, last_name="Visible", owner=sales)
    text = printed(signed_in(atelier), company, related="1")
    assert "Visible" in text and "Guéguen" not in text


def test_many_contacts_are_cut_and_the_rest_is_counted(signed_in, atelier, company):
    Contact.objects.bulk_create([Contact(company=company, last_name=f"N{n:03}") for n in range(MAX_ROWS + 4)])
    text = printed(signed_in(atelier), company, related="1")
    assert "et 5 autres." in text
    assert Extraction.objects.get(resource="crm.contact").end.rows == MAX_ROWS


def test_it_opens_in_the_browser_under_a_policy_of_its_own_and_is_kept_nowhere(signed_in, atelier, company):
    answer = signed_in(atelier).post(f"/crm/companies/{company.pk}/print/")
    assert answer["Content-Disposition"] == 'inline; filename="societe-menuiserie-lhostis-fils.pdf"'
    assert answer["Cache-Control"] == "private, no-store"
    assert "script-src" not in answer["Content-Security-Policy"]


def test_a_refused_document_is_explained_and_leaves_no_line(signed_in, atelier, company, monkeypatch):
    monkeypatch.setattr(typesetter, "MAX_DATA", 10)
    answer = signed_in(atelier).post(f"/crm/companies/{company.pk}/print/", follow=True)
    assert answer.status_code == 200 and "trop à imprimer" in answer.content.decode()
    assert not Extraction.objects.exists()
