"""A record: shown, created, changed, deleted; refusals as much as success."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.accounts.models import User
from crm.models import Company, Contact

NEW = "/crm/companies/new/"
MINIMAL = {"name": "Charpentes Riou", "kind": "business", "relation": "prospect"}


def errors(answer) -> dict:
    assert answer.status_code == 200  # 422 would be an error of the browser’s console
    return answer.context["form"].errors


def test_a_company_is_created_from_its_name_alone(sales, atelier):
    answer = sales.post(NEW, MINIMAL, follow=True)
    assert answer.status_code == 200
    assert Company.objects.get().name == "Charpentes Riou"
    assert "est enregistré" in answer.content.decode()


def test_a_siret_typed_with_spaces_gives_the_siren(sales, atelier):
    sales.post(NEW, {**MINIMAL, "siret": "732 829 320 00074"})
    company = Company.objects.get()
    assert (company.siren, company.siret) == ("732829320", "73282932000074")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("siret", "73282932000075"), ("siret", "123"), ("siren", "732829321"), ("vat_number", "FR00000000000"),
        ("naf", "menuiserie"), ("email", "pas une adresse"), ("website", "pas un site"), ("phone", "12"), ("name", ""),
        ("name", "x" * 201), ("kind", "autre"), ("owner", "999999"), ("parent_text", "Inconnue au bataillon"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_beside_its_field_and_nothing_typed_is_lost(sales, atelier, field, value):
    answer = sales.post(NEW, {**MINIMAL, "city": "Plouzané", field: value})
    assert field.removesuffix("_text") in errors(answer)
    assert 'value="Plouzané"' in answer.content.decode()
    assert not Company.objects.exists()


def test_a_siret_that_another_company_bears_is_refused(sales, make_company):
    make_company(siret="73282932000074", siren="732829320")
    assert "siret" in errors(sales.post(NEW, {**MINIMAL, "siret": "73282932000074"}))


def test_a_siren_that_is_not_the_sirets_is_refused(sales, atelier):
    assert "siren" in errors(sales.post(NEW, {**MINIMAL, "siret": "73282932000074", "siren": "552100554"}))


def test_what_only_the_database_sees_comes_back_as_an_error_of_the_form(sales, make_company, monkeypatch):
    make_company(siret="73282932000074", siren="732829320")
    monkeypatch.setattr("crm.resources.company.CompanyForm.clean", lambda self: self.cleaned_data)
    monkeypatch.setattr("crm.resources.company.CompanyForm.validate_constraints", lambda self: None, raising=False)
    monkeypatch.setattr(Company, "validate_constraints", lambda self, exclude=None: None)
    answer = sales.post(NEW, {**MINIMAL, "siret": "73282932000074", "siren": "732829320"})
    assert errors(answer)["__all__"]
    assert Company.objects.count() == 1


def test_nul_bytes_and_lone_surrogates_are_taken_out(sales, atelier):
    sales.post(NEW, {**MINIMAL, "name": "Char\x00pentes", "city": "Bre\ud83dst".encode("utf-8", "surrogatepass")})
    assert Company.objects.get().name == "Charpentes"


def test_hostile_html_is_shown_as_text(sales, make_company):
    company = make_company('<script>alert("x")</script>', city='"><img src=x onerror=1>')
    for url in (
        "/crm/companies/",
        f"/crm/companies/{company.pk}/",
        f"/crm/companies/{company.pk}/edit/",
        "/palette/?q=script",
    ):
        text = sales.get(url).content.decode()
        assert "<script>alert" not in text and "<img src=x" not in text, url


def test_editing_shows_what_is_there_and_keeps_what_is_not_touched(sales, make_company):
    company = make_company(city="Brest", note="Ne pas perdre")
    url = f"/crm/companies/{company.pk}/edit/"
    form = sales.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    data["city"] = "Quimper"
    assert sales.post(url, data).status_code == 302
    company = Company.objects.get()
    assert (company.city, company.note) == ("Quimper", "Ne pas perdre")


def test_a_contact_finds_its_company_by_what_is_typed(sales, make_company):
    make_company("Charpentes Riou", city="Brest")
    make_company("Menuiserie Kervella")
    base = {"last_name": "Le Goff", "recipient_kind": "professional"}
    sales.post("/crm/contacts/new/", {**base, "company_text": "riou"})
    assert Contact.objects.get().company.name == "Charpentes Riou"


def test_a_text_that_fits_several_companies_names_them(sales, make_company):
    make_company("Charpentes Riou")
    make_company("Charpentes Morvan")
    answer = sales.post(
        "/crm/contacts/new/", {"last_name": "X", "recipient_kind": "unknown", "company_text": "charpentes"}
    )
    assert "Charpentes Morvan" in errors(answer)["company"][0]


def test_a_company_is_not_its_own_parent(sales, make_company):
    company = make_company()
    answer = sales.post(f"/crm/companies/{company.pk}/edit/", {**MINIMAL, "parent": company.pk})
    assert "parent" in errors(answer)


def test_a_deactivated_owner_stays_on_the_row_but_is_not_offered_elsewhere(sales, make_company):
    owner = User.objects.get(email="admin@atelier.example")
    company = make_company(owner=owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    kept = sales.get(f"/crm/companies/{company.pk}/edit/").context["form"].fields["owner"].queryset
    offered = sales.get(NEW).context["form"].fields["owner"].queryset
    assert owner in kept and owner not in offered


def test_deleting_says_what_goes_with_it_and_keeps_the_contacts(sales, make_company):
    company = make_company()
    contact = Contact.objects.create(last_name="Le Goff", company=company)
    url = f"/crm/companies/{company.pk}/delete/"
    assert "contacts" in sales.get(url).content.decode()
    assert Company.objects.exists()  # asking changes nothing
    assert sales.post(url).status_code == 302
    contact.refresh_from_db()
    assert contact.company is None and not Company.objects.exists()


@pytest.mark.parametrize("page", ["", "edit/", "delete/", "history/"])
def test_a_row_that_does_not_exist_is_a_404(sales, atelier, page):
    assert sales.get(f"/crm/companies/4242/{page}").status_code == 404
    assert sales.get(f"/crm/companies/99999999999999999999/{page}").status_code == 404


def test_a_reader_reads_and_changes_nothing(reader, make_company):
    company = make_company()
    assert reader.get("/crm/companies/").status_code == 200
    page = reader.get(f"/crm/companies/{company.pk}/")
    assert page.status_code == 200 and "/edit/" not in page.content.decode()
    for url in (
        NEW,
        f"/crm/companies/{company.pk}/edit/",
        f"/crm/companies/{company.pk}/delete/",
        "/crm/companies/import/",
    ):
        assert reader.get(url).status_code == 403, url
        assert reader.post(url, MINIMAL).status_code == 403, url
    assert Company.objects.get().name == "Menuiserie Dupont"


def test_someone_without_a_role_sees_nothing_of_the_module(atelier, signed_in, make_company):
    User.objects.get(email="reader@atelier.example").roles.clear()
    nobody = signed_in(atelier, "reader")
    company = make_company("Secrète")
    for url in ("/crm/companies/", f"/crm/companies/{company.pk}/", "/crm/companies/lookup/?q=sec"):
        assert nobody.get(url).status_code == 403, url
    assert "Secrète" not in nobody.get("/").content.decode()
    assert "Secrète" not in nobody.get("/palette/?q=sec").content.decode()


def test_a_records_page_asks_a_constant_number_of_queries(sales, make_company):
    company = make_company()

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert sales.get(f"/crm/companies/{company.pk}/").status_code == 200
        return len(queries)

    Contact.objects.create(last_name="A", company=company)
    count()
    few = min(count() for _time in range(3))  # a cache that is slow to answer sends the session back to the database
    Contact.objects.bulk_create([Contact(last_name=f"C{number}", company=company) for number in range(40)])
    for number in range(15):
        Company.objects.filter(pk=company.pk).update(city=f"Ville {number}")
    assert min(count() for _time in range(3)) == few


def test_a_record_shows_the_rows_that_point_to_it_and_no_others(atelier, signed_in):
    mine, other = Company.objects.create(name="Menuiserie Riou"), Company.objects.create(name="Bâti Ouest")
    Contact.objects.create(last_name="Le Gall", company=mine)
    Contact.objects.create(last_name="Abgrall", company=other)
    for path in ("", "related/"):
        text = signed_in(atelier, "administrator").get(f"/crm/companies/{mine.pk}/{path}").content.decode()
        assert "Le Gall" in text and "Abgrall" not in text
