"""One fact changed on the record itself, and a former value put back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.accounts.models import User
from core.models import Event, EventValues
from crm.models import Company, Contact

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def field(row, name: str) -> str:
    kind = "companies" if isinstance(row, Company) else "contacts"
    return f"/crm/{kind}/{row.pk}/fields/{name}/"


def test_a_fact_becomes_a_small_form_and_comes_back_changed(sales, make_company):
    company = make_company(city="Brest", note="Ne pas perdre", siret="73282932000074", siren="732829320")
    form = sales.get(field(company, "city"), headers=HTMX).content.decode()
    assert 'value="Brest"' in form and "<html" not in form and 'name="note"' not in form
    answer = sales.post(field(company, "city"), {"city": "Quimper", "_was": "Brest"}, headers=HTMX)
    assert answer.status_code == 200 and answer["HX-Retarget"] == "#record-facts"
    assert "Quimper" in answer.content.decode()
    company.refresh_from_db()
    assert (company.city, company.note, company.siret) == ("Quimper", "Ne pas perdre", "73282932000074")
    event = Event.objects.latest("pk")
    assert (event.fields, event.actor_name) == (["city"], "Sales Test")


def test_escape_brings_the_fact_back(sales, make_company):
    company = make_company(city="Brest")
    text = sales.get(field(company, "city") + "?show", headers=HTMX).content.decode()
    assert "Brest" in text and "<form" not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [("siret", "73282932000075"), ("email", "pas une adresse"), ("name", ""), ("kind", "autre"), ("name", "x" * 201)],
)
def test_a_wrong_value_is_refused_beside_the_field_and_nothing_is_written(sales, make_company, name, value):
    company = make_company(city="Brest")
    answer = sales.post(field(company, name), {name: value}, headers=HTMX)
    assert answer.status_code == 200 and "errorlist" in answer.content.decode()
    assert Company.objects.filter(pk=company.pk).values().get()[name] == getattr(company, name)


def test_who_changed_it_meanwhile_is_named_and_ones_other_tab_too(atelier, signed_in, sales, make_company):
    admin, company = signed_in(atelier, "administrator"), make_company(city="Brest")
    mine = {"city": "Quimper", "_was": "Brest"}
    admin.post(field(company, "city"), {"city": "Lorient", "_was": "Brest"}, headers=HTMX)
    told = sales.post(field(company, "city"), mine, headers=HTMX).content.decode()
    assert "(Admin Test)" in told and "« Lorient »" in told
    sales.post(field(company, "city"), {"city": "Vannes", "_was": "Lorient"}, headers=HTMX)
    told = sales.post(field(company, "city"), mine, headers=HTMX).content.decode()
    assert "(vous-même, dans un autre onglet" in told and "« Vannes »" in told
    Company.objects.filter(pk=company.pk).update(city="Auray")
    assert "Quelqu" not in sales.post(field(company, "city"), mine, headers=HTMX).content.decode()


def test_nothing_chosen_is_said_in_words(sales, make_company):
    company = make_company()
    owner = sales.get(field(company, "owner"), headers=HTMX).content.decode()
    assert '<option value="" selected>Personne</option>' in owner
    page = sales.get("/crm/mailings/new/").content.decode()
    assert "---------" not in page and page.count('<option value="" selected>—</option>') >= 2


def test_the_whole_forms_rules_hold_for_one_field(sales, make_company):
    company = make_company(siret="73282932000074", siren="732829320")
    answer = sales.post(field(company, "siren"), {"siren": "552100554"}, headers=HTMX)
    assert "errorlist" in answer.content.decode()
    other = make_company("Autre")
    assert "errorlist" in sales.post(field(other, "siret"), {"siret": "73282932000074"}, headers=HTMX).content.decode()
    third = make_company("Troisième")
    sales.post(field(third, "siret"), {"siret": "55210055400013"}, headers=HTMX)
    third.refresh_from_db()
    assert (third.siret[:9], third.siren) == ("552100554", "552100554") or third.siret == ""


def test_choices_lookups_ticks_and_people_are_changed_too(sales, make_company):
    company, other = make_company(), make_company("Groupe Riou")
    admin = User.objects.get(email="admin@atelier.example")
    for name, posted, wanted in (
        ("relation", {"relation": "customer"}, "customer"),
        ("is_supplier", {"is_supplier": "on"}, True),
        ("is_supplier", {}, False),
        ("owner", {"owner": admin.pk}, admin),
        ("parent", {"parent": "", "parent_text": "riou"}, other),
        ("parent", {"parent": "", "parent_text": ""}, None),
    ):
        assert sales.post(field(company, name), posted, headers=HTMX).status_code == 200, name
        company.refresh_from_db()
        assert getattr(company, name) == wanted


def test_a_value_that_somebody_changed_meanwhile_is_not_overwritten_unseen(sales, make_company):
    company = make_company(city="Brest")
    Company.objects.update(city="Lorient")
    answer = sales.post(field(company, "city"), {"city": "Quimper", "_was": "Brest"}, headers=HTMX)
    assert answer.status_code == 200 and "Lorient" in answer.content.decode()
    company.refresh_from_db()
    assert company.city == "Lorient"


def test_nul_bytes_lone_surrogates_and_html_do_no_harm(sales, make_company):
    company = make_company()
    sales.post(field(company, "city"), {"city": "Bre\x00st"}, headers=HTMX)
    assert Company.objects.get().city == "Brest"
    answer = sales.post(field(company, "city"), {"city": "<img src=x onerror=1>"}, headers=HTMX)
    assert "<img" not in answer.content.decode()


def test_what_is_no_field_of_the_form_is_a_404(sales, make_company):
    company = make_company()
    for name in ("id", "search", "created_at", "rien", "pk"):
        assert sales.get(field(company, name), headers=HTMX).status_code == 404, name
        assert sales.post(field(company, name), {name: "1"}, headers=HTMX).status_code == 404, name


def test_a_sensitive_field_is_not_there_without_the_right(atelier, signed_in, make_company):
    company = make_company(credit_limit=1000)
    seller = signed_in(atelier, "sales")
    User.objects.get(email="sales@atelier.example").roles.update(rights=[])
    assert seller.get(field(company, "credit_limit"), headers=HTMX).status_code == 404
    assert seller.post(field(company, "credit_limit"), {"credit_limit": "5"}, headers=HTMX).status_code == 404
    assert seller.post(field(company, "city"), {"city": "Brest"}, headers=HTMX).status_code == 200
    company.refresh_from_db()
    assert company.credit_limit == 1000  # what one cannot see, one does not empty


def test_a_reader_gets_no_form(reader, make_company):
    company = make_company(city="Brest")
    assert "fact-edit" not in reader.get(f"/crm/companies/{company.pk}/").content.decode()
    assert reader.get(field(company, "city"), headers=HTMX).status_code == 403
    assert reader.post(field(company, "city"), {"city": "X"}, headers=HTMX).status_code == 403


def test_without_javascript_the_pencil_leads_to_the_form(sales, make_company):
    company = make_company()
    page = sales.get(f"/crm/companies/{company.pk}/").content.decode()
    assert f'href="/crm/companies/{company.pk}/edit/#field-city"' in page
    assert sales.get(field(company, "city")).status_code == 302


def test_saving_a_fact_asks_a_constant_number_of_queries(sales, make_company):
    company = make_company()

    def count(city: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            sales.post(field(company, "city"), {"city": city}, headers=HTMX)
        return len(queries)

    count("A")
    few = count("B")
    Contact.objects.bulk_create([Contact(last_name=f"C{n}", company=company) for n in range(40)])
    assert count("C") == few


# --- « Rétablir cette valeur » --------------------------------------------------------------------------------------
def restore(browser, company, event, column):
    return browser.post(
        f"/crm/companies/{company.pk}/history/{event.pk}/restoration/", {"column": column}, follow=True
    ).content.decode()


def changed(company, **values):
    Company.objects.filter(pk=company.pk).update(**values)
    return Event.objects.filter(model="crm.company", object_id=company.pk).latest("pk")


def test_a_former_value_comes_back_and_the_history_says_so(sales, make_company):
    company = make_company(city="Brest")
    event = changed(company, city="Quimper")
    assert "Rétablir cette valeur" in sales.get(f"/crm/companies/{company.pk}/history/").content.decode()
    restore(sales, company, event, "city")
    company.refresh_from_db()
    assert company.city == "Brest"
    last = Event.objects.latest("pk")
    assert (last.operation, last.actor_name) == (f"revert:{event.pk}", "Sales Test")
    assert "Valeur rétablie" in sales.get(f"/crm/companies/{company.pk}/history/").content.decode()


def test_keys_numbers_and_empty_values_come_back_too(sales, make_company):
    admin = User.objects.get(email="admin@atelier.example")
    parent = make_company("Groupe")
    company = make_company(owner=admin, parent=parent, credit_limit="1234.50")
    User.objects.get(email="sales@atelier.example").roles.update(rights=["crm.view_credit"])
    for column, name, now in (
        ("owner_id", "owner", None),
        ("parent_id", "parent", None),
        ("credit_limit",) * 2 + (None,),
    ):
        before = getattr(company, name)
        event = changed(company, **{name: now})
        restore(sales, company, event, column)
        company.refresh_from_db()
        assert getattr(company, name) == before, column
    event = changed(company, source="Salon")
    restore(sales, company, event, "source")
    company.refresh_from_db()
    assert company.source == ""


def test_a_value_that_another_row_has_taken_is_refused_with_the_reason(sales, make_company):
    company = make_company(siret="73282932000074", siren="732829320")
    event = changed(company, siret="")
    make_company("Autre", siret="73282932000074", siren="732829320")
    text = restore(sales, company, event, "siret")
    assert "plus acceptée" in text and "déjà ce SIRET" in text
    company.refresh_from_db()
    assert company.siret == ""


def test_a_value_that_was_forgotten_does_not_come_back(sales, make_company):
    company = make_company(city="Brest")
    event = changed(company, city="Quimper")
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.b2o_forget_values(%s, %s)", [connection.schema_name, [event.pk]])
    assert EventValues.objects.get(pk=event.pk).before is None
    assert "effacée" in restore(sales, company, event, "city")


def test_a_sensitive_value_is_refused_and_so_is_a_reader(sales, reader, make_company):
    company = make_company(credit_limit=10)
    User.objects.get(email="sales@atelier.example").roles.update(rights=[])
    event = changed(company, credit_limit=20)
    assert "pas le droit" in restore(sales, company, event, "credit_limit")
    url = f"/crm/companies/{company.pk}/history/{event.pk}/restoration/"
    assert reader.post(url, {"column": "city"}).status_code == 403
    other = make_company("Autre")
    wrong = f"/crm/companies/{other.pk}/history/{event.pk}/restoration/"
    assert sales.post(wrong, {"column": "city"}).status_code == 404
