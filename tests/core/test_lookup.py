"""Comboboxes: finding, creating what is missing, and doing without JavaScript."""

import pytest

from core.accounts.models import User
from crm.models import Company, Contact

QUICK = "/crm/companies/quick/"
CONTACT = {"last_name": "Le Goff", "recipient_kind": "professional"}
MINIMAL = {"quick-name": "Charpentes Riou", "quick-kind": "business", "quick-relation": "prospect"}


def test_the_combobox_offers_creation_to_whoever_may_write(sales, atelier):
    page = sales.get("/crm/contacts/new/").content.decode()
    assert f'data-create="{QUICK}"' in page and "Créer « %s » (société)" in page


def test_the_small_form_has_only_what_is_required_and_the_text_typed(sales, atelier):
    html = sales.get(QUICK, {"text": 'Charpentes "Riou"'}).json()["html"]
    assert 'value="Charpentes &quot;Riou&quot;"' in html
    assert 'name="quick-kind"' in html and 'name="quick-relation"' in html
    assert "siret" not in html and "note" not in html


def test_what_is_created_comes_back_chosen(sales, atelier):
    answer = sales.post(QUICK, MINIMAL).json()
    company = Company.objects.get()
    assert (answer["pk"], answer["title"]) == (company.pk, "Charpentes Riou")
    sales.post("/crm/contacts/new/", {**CONTACT, "company": answer["pk"], "company_text": answer["title"]})
    assert Contact.objects.get().company == company


def test_what_is_wrong_comes_back_with_its_errors_and_what_was_typed(sales, atelier):
    answer = sales.post(QUICK, {**MINIMAL, "quick-name": "", "quick-relation": "customer"})
    html = answer.json()["html"]
    assert answer.status_code == 200 and 'aria-invalid="true"' in html
    assert '<option value="customer" selected>' in html
    assert not Company.objects.exists()


def test_a_reader_is_offered_nothing_and_creates_nothing(reader, atelier):
    assert reader.get(QUICK).status_code == 403
    assert reader.post(QUICK, MINIMAL).status_code == 403
    assert not Company.objects.exists()


def test_the_owner_is_the_person_where_others_rows_are_out_of_reach(sales, atelier):
    role = User.objects.get(email="sales@atelier.example").roles.get()
    role.scopes = {"crm": "own"}
    role.save()
    answer = sales.post(QUICK, MINIMAL).json()
    assert Company.objects.get(pk=answer["pk"]).owner.email == "sales@atelier.example"
    assert f'"pk": {answer["pk"]}' in sales.get("/crm/companies/lookup/?q=riou").content.decode()


def test_a_text_that_finds_nothing_links_to_creation_in_another_tab(sales, atelier):
    answer = sales.post("/crm/contacts/new/", {**CONTACT, "company_text": 'Kervella & "fils"<b>'})
    page = answer.content.decode()
    assert 'href="/crm/companies/new/?name=Kervella+%26+%22fils%22%3Cb%3E" target="_blank"' in page
    assert "<b>" not in page and "Le Goff" in page
    link = "/crm/companies/new/?name=Kervella+%26+%22fils%22%3Cb%3E"
    assert sales.get(link).context["form"]["name"].value() == 'Kervella & "fils"<b>'


@pytest.mark.parametrize(
    ("pk", "text", "found"), [("", "", None), ("1", "", None), ("", "charp riou", "Charpentes Riou")]
)
def test_the_text_decides(sales, make_company, pk, text, found):
    make_company("Charpentes Riou")
    sales.post("/crm/contacts/new/", {**CONTACT, "company": pk, "company_text": text})
    contact = Contact.objects.get()
    assert str(contact.company or "") == (found or "")
