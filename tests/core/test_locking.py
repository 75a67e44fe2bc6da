"""Two people, or two tabs, on one row: nobody's work is lost."""

import threading

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from core.locking import opened, seal, simple, snapshot
from crm.models import Company, Contact
from tests.conftest import ROLES, visitor


@pytest.fixture
def admin(atelier, signed_in):
    return signed_in(atelier, "administrator")


def edit_url(row) -> str:
    return f"/crm/{'companies' if isinstance(row, Company) else 'contacts'}/{row.pk}/edit/"


def opened_form(browser, row) -> dict:
    """What the page of a row posts back, untouched."""
    answer = browser.get(edit_url(row))
    form = answer.context["form"]
    return {"_base": answer.context["base"], **posted(form)}


def posted(form) -> dict:
    data = {}
    for bound in form:
        value = bound.value()
        if bound.name in ("parent", "company"):
            row = bound.field.queryset.filter(pk=getattr(value, "pk", value) or 0).first()
            data[bound.html_name], data[f"{bound.html_name}_text"] = (row.pk, str(row)) if row else ("", "")
        elif value not in (None, False):
            data[bound.html_name] = value
    return data


def test_one_person_alone_is_asked_nothing(sales, make_company):
    company = make_company(city="Brest", note="Une ligne\r\nUne autre", is_supplier=True)
    answer = sales.post(edit_url(company), {**opened_form(sales, company), "city": "Quimper"})
    assert answer.status_code == 302
    company.refresh_from_db()
    assert (company.city, company.note, company.is_supplier) == ("Quimper", "Une ligne\r\nUne autre", True)


def test_different_groups_of_fields_are_joined_and_said(sales, admin, make_company):
    company = make_company(city="Brest")
    mine = opened_form(sales, company)
    admin.post(edit_url(company), {**opened_form(admin, company), "note": "Vu au salon"})
    answer = sales.post(edit_url(company), {**mine, "city": "Quimper"}, follow=True)
    company.refresh_from_db()
    assert (company.city, company.note) == ("Quimper", "Vu au salon")
    said = " ".join(str(message) for message in answer.context["messages"])
    assert "Admin Test" in said and "Note" in said


def test_the_same_field_is_asked_with_the_former_value_theirs_and_mine(sales, admin, make_company):
    company = make_company(city="Brest")
    mine = {**opened_form(sales, company), "city": "Quimper", "note": "Tapé longuement"}
    admin.post(edit_url(company), {**opened_form(admin, company), "city": "Lorient"})
    answer = sales.post(edit_url(company), mine)
    page = answer.content.decode()
    assert answer.status_code == 200
    (line,) = answer.context["conflict"]
    assert (line["former"], line["theirs"], line["bound"].value(), line["author"].name) == (
        "Brest", "Lorient", "Quimper", "Admin Test",
    )  # fmt: skip
    assert "Tapé longuement" in page
    company.refresh_from_db()
    assert (company.city, company.note) == ("Lorient", "")  # nothing is written before the choice
    again = {**mine, "_base": answer.context["base"]}
    for keep, city in (("theirs", "Lorient"), ("mine", "Quimper")):
        assert sales.post(edit_url(company), {**again, "_keep_city": keep}).status_code == 302
        company.refresh_from_db()
        assert (company.city, company.note) == (city, "Tapé longuement")
        Company.objects.filter(pk=company.pk).update(city="Lorient", note="")


def test_no_choice_is_asked_again_and_writes_nothing(sales, admin, make_company):
    company = make_company(city="Brest")
    mine = {**opened_form(sales, company), "city": "Quimper"}
    Company.objects.filter(pk=company.pk).update(city="Lorient")
    answer = sales.post(edit_url(company), mine)
    answer = sales.post(edit_url(company), {**mine, "_base": answer.context["base"]})
    (line,) = answer.context["conflict"]
    assert line["unchosen"] and line["former"] == "Brest" and line["bound"].value() == "Quimper"
    company.refresh_from_db()
    assert company.city == "Lorient"


def test_saving_again_checks_again(sales, admin, make_company):
    company = make_company(city="Brest")
    mine = {**opened_form(sales, company), "city": "Quimper"}
    Company.objects.filter(pk=company.pk).update(city="Lorient")
    answer = sales.post(edit_url(company), mine)
    Company.objects.filter(pk=company.pk).update(city="Vannes")
    answer = sales.post(edit_url(company), {**mine, "_base": answer.context["base"], "_keep_city": "mine"})
    (line,) = answer.context["conflict"]
    assert (line["former"], line["theirs"]) == ("Brest", "Vannes")
    answer = sales.post(edit_url(company), {**mine, "_base": answer.context["base"], "_keep_city": "mine"})
    assert answer.status_code == 302
    assert Company.objects.get().city == "Quimper"


def test_fields_of_one_group_are_asked_together(sales, make_company):
    """An address is one thing in three fields: theirs with my street would be an address that nobody typed."""
    company = make_company(address="1 quai", city="Brest", postcode="29200")
    mine = {**opened_form(sales, company), "address": "2 quai"}
    Company.objects.filter(pk=company.pk).update(city="Lorient", postcode="56100")
    answer = sales.post(edit_url(company), mine)
    assert [line["name"] for line in answer.context["conflict"]] == ["postcode", "city"]
    assert all(line["neighbour"] for line in answer.context["conflict"])
    again = {**mine, "_base": answer.context["base"], "_keep_city": "theirs", "_keep_postcode": "mine"}
    assert sales.post(edit_url(company), again).status_code == 302
    company.refresh_from_db()
    assert (company.address, company.city, company.postcode) == ("2 quai", "Lorient", "29200")


def test_the_same_change_by_both_is_no_conflict(sales, make_company):
    company = make_company(city="Brest")
    mine = {**opened_form(sales, company), "city": "Quimper"}
    Company.objects.filter(pk=company.pk).update(city="Quimper")
    assert sales.post(edit_url(company), mine).status_code == 302


def test_two_tabs_of_one_person_are_told_so(sales, make_company):
    company = make_company(city="Brest")
    tab = opened_form(sales, company)
    sales.post(edit_url(company), {**opened_form(sales, company), "city": "Lorient"})
    answer = sales.post(edit_url(company), {**tab, "city": "Quimper"})
    assert "Vous-même, dans un autre onglet" in answer.content.decode()


def test_a_clash_on_a_lookup_and_on_a_box(sales, make_company):
    riou, kervella = make_company("Riou"), make_company("Kervella")
    contact = Contact.objects.create(last_name="Le Goff", company=riou)
    mine = {**opened_form(sales, contact), "company": "", "company_text": ""}
    Contact.objects.filter(pk=contact.pk).update(company=kervella)
    answer = sales.post(edit_url(contact), mine)
    (line,) = answer.context["conflict"]
    assert (line["former"], line["theirs"]) == ("Riou", "Kervella")
    sales.post(edit_url(contact), {**mine, "_base": answer.context["base"], "_keep_company": "theirs"})
    contact.refresh_from_db()
    assert contact.company == kervella

    base = {**opened_form(sales, riou), "name": "Riou et fils"}
    Company.objects.filter(pk=riou.pk).update(is_supplier=True)
    answer = sales.post(edit_url(riou), base)
    assert [line["theirs"] for line in answer.context["conflict"]] == ["Oui"]
    sales.post(edit_url(riou), {**base, "_base": answer.context["base"], "_keep_is_supplier": "theirs"})
    riou.refresh_from_db()
    assert riou.is_supplier and riou.name == "Riou et fils"


def test_an_error_keeps_the_comparison_for_later(sales, make_company):
    company = make_company(city="Brest")
    mine = {**opened_form(sales, company), "city": "Quimper"}
    Company.objects.filter(pk=company.pk).update(city="Lorient")
    answer = sales.post(edit_url(company), {**mine, "siret": "123"})
    assert "siret" in answer.context["form"].errors
    answer = sales.post(edit_url(company), {**mine, "_base": answer.context["base"]})
    assert [line["name"] for line in answer.context["conflict"]] == ["city"]


def test_a_snapshot_that_cannot_be_read_asks_for_everything_that_differs(sales, make_company):
    company = make_company(city="Brest")
    for token in ("garbage", opened_form(sales, company)["_base"][:-3], "é\x00"):
        answer = sales.post(edit_url(company), {**opened_form(sales, company), "_base": token, "city": "Quimper"})
        assert [line["name"] for line in answer.context["conflict"]] == ["city"]


def test_a_snapshot_of_another_row_is_not_taken(make_company):
    one, other = make_company("A"), make_company("B")
    token = seal(one, snapshot(one, ["name"]))
    assert opened(Company, one.pk, token).values == {"name": "A"}
    assert not opened(Company, other.pk, token).readable


def test_a_row_deleted_meanwhile_is_said_and_made_anew(sales, admin, make_company):
    company = make_company(city="Brest")
    mine = {**opened_form(sales, company), "city": "Quimper", "note": "Tapé longuement"}
    Company.objects.filter(pk=company.pk).delete()
    answer = sales.post(edit_url(company), mine)
    page = answer.content.decode()
    assert answer.status_code == 200 and "a été supprimée pendant que vous la modifiiez" in page
    assert "Tapé longuement" in page and 'action="/crm/companies/new/"' in page
    assert sales.post("/crm/companies/new/", mine).status_code == 302
    assert Company.objects.get().note == "Tapé longuement"


def test_a_row_that_never_was_stays_a_404(sales, atelier):
    assert sales.post("/crm/companies/4242/edit/", {"name": "X"}).status_code == 404
    assert sales.post("/crm/companies/4242/edit/", {"name": "X", "_base": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("one", "other"), [(None, ""), ("a\r\nb ", "a\nb"), (True, True), (["2", "1"], ["1", "2"]), ({"b": 1}, {"b": 1})]
)
def test_values_that_mean_the_same_compare_equal(one, other):
    assert simple(one) == simple(other)


def test_of_two_savings_at_the_same_moment_one_is_asked(make_client):
    """Real transactions: the second waits for the lock of the first, then sees its values."""
    client = make_client("verrou")
    with tenant_context(client):
        company = Company.objects.create(name="Riou", city="Brest")
    answers = {}

    def save(name: str, city: str, form: dict, start: threading.Barrier) -> None:
        browser = browsers[name]
        start.wait()
        answers[city] = browser.post(edit_url(company), {**form, "city": city})
        connection.close()

    from core.accounts.models import User

    browsers, forms = {}, {}
    for name in ("administrator", "sales"):
        browsers[name] = visitor(client)
        with tenant_context(client):
            browsers[name].force_login(User.objects.get(email=f"{ROLES[name]}@verrou.example"))
        forms[name] = opened_form(browsers[name], company)
    start = threading.Barrier(2)
    threads = [
        threading.Thread(target=save, args=(name, city, forms[name], start))
        for name, city in (("administrator", "Lorient"), ("sales", "Quimper"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers.values()) == [200, 302]
    with tenant_context(client):
        saved = Company.objects.get().city
    assert answers[saved].status_code == 302


def test_a_row_changed_since_one_asked_to_delete_it_is_shown_again(sales, admin, make_company):
    company = make_company(city="Brest")
    url = f"/crm/companies/{company.pk}/delete/"
    base = sales.get(url).context["base"]
    admin.post(edit_url(company), {**opened_form(admin, company), "city": "Lorient"})
    answer = sales.post(url, {"_base": base})
    assert answer.status_code == 200 and "Admin Test" in answer.content.decode()
    assert Company.objects.exists()
    assert sales.post(url, {"_base": answer.context["base"]}).status_code == 302
    assert not Company.objects.exists()
