"""The columns that a person chooses, for a list or for one view of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.accounts.models import Role
from core.models import ListColumns, SavedView

URL = "/crm/companies/"
COLUMNS = f"{URL}columns/"


def shown(browser, **params) -> list[str]:
    return [column.name for column in browser.get(URL, params).context["listing"].columns]


def keep(browser, *names: str, url: str = COLUMNS, **extra):
    return browser.post(url, {"order": names, "columns": names, "save": "1", **extra})


def test_columns_are_kept_in_the_order_chosen_and_the_name_stays_first(sales, make_company):
    make_company(city="Brest", email="contact@riou.example")
    assert keep(sales, "email", "city", "name").status_code == 302
    assert shown(sales) == ["name", "email", "city"]
    text = sales.get(URL).content.decode()
    assert "contact@riou.example" in text and "Brest" in text


def test_each_person_has_their_own(sales, reader, atelier):
    keep(sales, "email")
    assert shown(reader)[1:] != ["email"] and shown(sales) == ["name", "email"]


def test_any_plain_field_may_be_shown_and_sorting_stays_possible_by_a_hidden_column(sales, make_company):
    make_company(note="Rappeler", is_supplier=True)
    keep(sales, "note", "is_supplier", "created_at", "parent")
    assert shown(sales, sort="-updated_at") == ["name", "note", "is_supplier", "created_at", "parent"]


@pytest.mark.parametrize(("url", "label"), [(URL, "Créée le"), ("/crm/contacts/", "Créé le")])
def test_a_date_of_the_row_agrees_with_what_the_row_is(sales, atelier, url, label):
    keep(sales, "created_at", url=f"{url}columns/")
    assert sales.get(url).context["listing"].columns[-1].label == label


@pytest.mark.parametrize("names", [["id"], ["search"], ["password"], ["owner__password"], ["\x00"], [""], []])
def test_what_is_no_column_is_left_out(sales, atelier, names):
    usual = shown(sales)
    keep(sales, *names)
    assert shown(sales) == usual


def test_a_sensitive_column_is_neither_offered_nor_shown(sales, signed_in, atelier, make_company, monkeypatch):
    from crm.resources import CompanyResource

    monkeypatch.setattr(CompanyResource, "sensitive", {"credit_limit": "crm.view_credit"})
    make_company(credit_limit=4321)
    Role.objects.filter(code="sales").update(rights=[])
    assert "credit_limit" not in sales.get(COLUMNS).content.decode()
    keep(sales, "credit_limit", "city")
    assert shown(sales) == ["name", "city"]
    ListColumns.objects.update(columns=["credit_limit", "city"])
    assert shown(sales) == ["name", "city"] and "4" + "\u202f" + "321" not in sales.get(URL).content.decode()


def test_an_arrow_moves_a_column_without_keeping_anything(sales, atelier):
    answer = sales.post(COLUMNS, {"order": ["city", "siren"], "columns": ["city"], "up": "siren"})
    names = [column["name"] for column in answer.context["columns"]]
    assert names[:2] == ["siren", "city"] and not ListColumns.objects.exists()
    ticked = {column["name"] for column in answer.context["columns"] if column["shown"]}
    assert ticked == {"city"}


def test_back_to_the_original_columns(sales, atelier):
    usual = shown(sales)
    keep(sales, "email")
    sales.post(COLUMNS, {"reset": "1"})
    assert shown(sales) == usual


def test_a_view_has_columns_of_its_own_and_a_person_may_differ(sales, reader, atelier):
    keep(sales, "email")
    sales.post(f"{URL}views/new/", {"name": "À appeler", "audience": "everyone"})
    view = SavedView.objects.get()
    assert view.columns == ["name", "email"]
    assert shown(reader, view=view.pk) == ["name", "email"]
    keep(reader, "phone", url=f"{COLUMNS}?view={view.pk}")
    assert shown(reader, view=view.pk) == ["name", "phone"] and shown(sales, view=view.pk) == ["name", "email"]
    keep(sales, "city", url=f"{COLUMNS}?view={view.pk}", for_view="1")
    assert shown(sales, view=view.pk) == ["name", "city"] and shown(reader, view=view.pk) == ["name", "phone"]


def test_who_may_not_change_a_view_does_not_change_its_columns(sales, reader, atelier):
    sales.post(f"{URL}views/new/", {"name": "À appeler", "audience": "everyone"})
    view = SavedView.objects.get()
    keep(reader, "phone", url=f"{COLUMNS}?view={view.pk}", for_view="1")
    view.refresh_from_db()
    assert view.columns != ["name", "phone"] and shown(reader, view=view.pk) == ["name", "phone"]


def test_the_dialog_gets_the_form_alone(sales, atelier):
    part = sales.get(COLUMNS, headers={"HX-Request": "true", "HX-Request-Type": "partial"}).content.decode()
    assert "<html" not in part and "<form" in part


def test_more_columns_do_not_cost_more_queries(sales, make_company):
    parent = make_company("Groupe")
    for number in range(10):
        make_company(f"M{number}", parent=parent)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            sales.get(URL)
        return len(queries)

    sales.get(URL)
    few = count()
    keep(sales, "parent", "owner", "city", "note")
    count()  # says that the columns are kept
    assert count() == few
