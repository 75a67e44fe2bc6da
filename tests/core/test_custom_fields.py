"""A custom field on the form, the record and in the history of a row."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from core.custom.actions import archive_field, change_field
from core.models import Event, EventValues
from crm.models import Company
from crm.resources import CompanyResource
from tests.contract.conftest import filled
from tests.core.custom_fields import EXAMPLES, OPTIONS, make_all, make_field

NEW = "/crm/companies/new/"


@pytest.fixture
def sales(atelier, signed_in):
    return signed_in(atelier)


def create(browser, **fields):
    form = {"name": "Kervella", "kind": "business", "relation": "prospect", **fields}
    answer = browser.post(NEW, form)
    assert answer.status_code == 302, answer.context["form"].errors
    return Company.objects.latest("pk")


def errors(browser, **fields):
    answer = browser.post(NEW, {"name": "Kervella", "kind": "business", "relation": "prospect", **fields})
    assert answer.status_code == 200
    return answer.context["form"].errors


def test_each_kind_is_typed_kept_with_its_type_and_shown(sales):
    fields = make_all(CompanyResource)
    page = sales.get(NEW).content.decode()
    for field in fields.values():
        assert f'name="{field.key}"' in page and field.label in page
    assert "Champs propres" in page
    row = create(sales, **{fields[kind].key: example.typed for kind, example in EXAMPLES.items()})
    record = sales.get(f"/crm/companies/{row.pk}/").content.decode()
    for kind, example in EXAMPLES.items():
        assert getattr(row, fields[kind].key) == example.value, kind
        assert example.words in record, kind


def test_figures_keep_their_digits_and_the_column_keeps_json_numbers(sales):
    money, number = make_field(CompanyResource, "money"), make_field(CompanyResource, "number")
    row = create(sales, **{money.key: "123456789012.34", number.key: "0.100000"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT jsonb_typeof(custom -> %s), custom::text FROM crm_company WHERE id = %s",
                       [money.key, row.pk])  # fmt: skip
        kind, text = cursor.fetchone()
    assert kind == "number" and "123456789012.34" in text
    row.refresh_from_db()
    assert getattr(row, money.key) == Decimal("123456789012.34") and getattr(row, number.key) == Decimal("0.1")


def test_an_emptied_field_loses_its_key_and_the_history_says_so(sales):
    field = make_field(CompanyResource, label="Parrain")
    row = create(sales, **{field.key: "Zélie"})
    edit = f"/crm/companies/{row.pk}/edit/"
    assert sales.post(edit, {**filled(sales.get(edit)), field.key: ""}).status_code == 302
    row.refresh_from_db()
    assert row.custom == {} and getattr(row, field.key) is None
    event = Event.objects.latest("pk")
    assert event.fields == [field.key]
    page = sales.get(f"/crm/companies/{row.pk}/history/").content.decode()
    assert "Parrain" in page and "Zélie" in page and "vidé" in page


def test_the_history_tells_one_field_in_words_and_puts_its_value_back(sales):
    field = make_field(CompanyResource, "choice", label="Couleur")
    other = make_field(CompanyResource, label="Devise")
    row = create(sales, **{field.key: "o1", other.key: "Vite"})
    url = f"/crm/companies/{row.pk}/"
    assert sales.post(f"{url}fields/{field.key}/", {field.key: "o2"}, headers={"hx-request": "true"}).status_code == 200
    event = Event.objects.latest("pk")
    assert event.fields == [field.key]
    [change] = sales.get(f"{url}history/").context["history"][0]["changes"]
    assert (change["label"], change["before"], change["after"]) == ("Couleur", "Bleu nuit", "Rouge vif")
    sales.post(f"{url}history/{event.pk}/restoration/", {"column": field.key})
    row.refresh_from_db()
    assert getattr(row, field.key) == "o1" and getattr(row, other.key) == "Vite"


def test_a_field_told_by_name_only_leaves_no_value_in_the_history(sales):
    field = make_field(CompanyResource, label="Régime", audit="name")
    row = create(sales, **{field.key: "Secretov"})
    edit = f"/crm/companies/{row.pk}/edit/"
    sales.post(edit, {**filled(sales.get(edit)), field.key: "Secretov bis"})
    assert Event.objects.latest("pk").fields == [field.key]
    kept = str(list(EventValues.objects.values_list("before", "after")))
    assert "Secretov" not in kept
    history = sales.get(f"/crm/companies/{row.pk}/history/").content.decode().split('<aside class="facts"')[0]
    assert "Régime" in history and "valeur non conservée" in history and "Secretov" not in history
    sales.post(f"/crm/companies/{row.pk}/history/{Event.objects.latest('pk').pk}/restoration/", {"column": field.key})
    row.refresh_from_db()
    assert getattr(row, field.key) == "Secretov bis"


def test_two_people_who_change_two_custom_fields_are_both_kept(sales, atelier, signed_in):
    one, two = make_field(CompanyResource, label="Un"), make_field(CompanyResource, label="Deux")
    row = create(sales, **{one.key: "a", two.key: "b"})
    edit, boss = f"/crm/companies/{row.pk}/edit/", signed_in(atelier, "administrator")
    mine, theirs = filled(sales.get(edit)), filled(boss.get(edit))
    assert boss.post(edit, {**theirs, one.key: "A"}).status_code == 302
    assert sales.post(edit, {**mine, two.key: "B"}).status_code == 302
    row.refresh_from_db()
    assert row.custom == {one.key: "A", two.key: "B"}


def test_two_people_on_one_custom_field_are_asked_by_its_name(sales, atelier, signed_in):
    field = make_field(CompanyResource, "choice", label="Couleur")
    row = create(sales, **{field.key: "o1"})
    edit, boss = f"/crm/companies/{row.pk}/edit/", signed_in(atelier, "administrator")
    mine, theirs = filled(sales.get(edit)), filled(boss.get(edit))
    boss.post(edit, {**theirs, field.key: "o2"})
    answer = sales.post(edit, {**mine, field.key: "o3"})
    assert answer.status_code == 200
    [line] = answer.context["conflict"]
    assert (line["former"], line["theirs"]) == ("Bleu nuit", "Rouge vif")
    again = {**filled(answer), field.key: "o3", f"_keep_{field.key}": "theirs"}
    assert sales.post(edit, again).status_code == 302
    row.refresh_from_db()
    assert getattr(row, field.key) == "o2"


def test_what_makes_no_sense_is_refused_in_french(sales):
    fields = make_all(CompanyResource)
    for kind, typed, said in (
        ("text", "x" * 501, "500"),
        ("number", "1e400", "chiffre"),
        ("number", "abc", "nombre"),
        ("money", "1.234", "virgule"),
        ("date", "0024-03-01", "1900"),
        ("date", "hier", "date"),
        ("choice", "o9", "option"),
        ("choices", ["o1", "o9"], "option"),
        ("link", "javascript:alert(1)", "URL"),
    ):
        found = errors(sales, **{fields[kind].key: typed})
        assert said in str(found[fields[kind].key]), (kind, typed, found)


def test_nul_and_hostile_html_are_only_text(sales):
    field = make_field(CompanyResource, label="<b>Gras</b>", help="<script>1</script>")
    row = create(sales, **{field.key: "<script>alert(1)</script>\x00"})
    for url in (f"/crm/companies/{row.pk}/", f"/crm/companies/{row.pk}/edit/", f"/crm/companies/{row.pk}/history/"):
        page = sales.get(url).content.decode()
        assert "<script>alert" not in page and "<b>Gras" not in page and "<script>1" not in page


def test_a_required_field_is_asked_and_an_archived_one_no_longer(sales):
    field = make_field(CompanyResource, label="Obligé", required=True)
    assert field.key in errors(sales)
    assert field.key in sales.get("/crm/companies/quick/").json()["html"]
    archive_field(field, by=None)
    row = create(sales)
    assert row.custom == {}
    assert "Obligé" not in sales.get(f"/crm/companies/{row.pk}/").content.decode()


def test_an_archived_option_stays_where_it_is_chosen(sales):
    field = make_field(CompanyResource, "choice")
    row = create(sales, **{field.key: "o1"})
    change_field(field, by=None, options=[{**OPTIONS[0], "archived": True}, *OPTIONS[1:]])
    assert "o1" in errors(sales, **{field.key: "o1"})[field.key][0]
    edit = f"/crm/companies/{row.pk}/edit/"
    form = filled(sales.get(edit))
    assert form[field.key] == ["o1"]
    assert sales.post(edit, {**form, "city": "Brest"}).status_code == 302
    row.refresh_from_db()
    assert getattr(row, field.key) == "o1" and row.city == "Brest"


def test_a_reserved_field_is_nowhere_for_others(sales, atelier, signed_in):
    field = make_field(CompanyResource, label="Marge", reserved_for="manage")
    boss = signed_in(atelier, "administrator")
    row = create(boss, **{field.key: "Zyqov"})
    for url in ("", "edit/", "history/"):
        page = sales.get(f"/crm/companies/{row.pk}/{url}").content.decode()
        assert "Marge" not in page and "Zyqov" not in page and field.key not in page
        assert "Marge" in boss.get(f"/crm/companies/{row.pk}/{url}").content.decode()
    edit = f"/crm/companies/{row.pk}/edit/"
    assert sales.post(edit, {**filled(sales.get(edit)), "city": "Brest", field.key: "volé"}).status_code == 302
    row.refresh_from_db()
    assert getattr(row, field.key) == "Zyqov" and row.city == "Brest"
    assert sales.get(f"/crm/companies/{row.pk}/fields/{field.key}/").status_code == 404


def test_another_client_has_none_of_it(sales, atelier, horizon, signed_in, within):
    field = make_field(CompanyResource, label="Bien à atelier")
    sales.get(NEW)
    with within(horizon):
        page = signed_in(horizon).get(NEW).content.decode()
    assert "Bien à atelier" not in page and field.key not in page


@pytest.mark.parametrize(
    "custom", ["[]", '"x"', '{"name": 1}', '{"f1": null}', '{"f1": {}}', '{"f0": 1}', '{"f1": "%s"}' % ("x" * 70_000)]
)
def test_the_database_refuses_what_no_form_would_write(atelier, custom):
    row = Company.objects.create(name="Kervella")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE crm_company SET custom = %s::jsonb WHERE id = %s", [custom, row.pk])


def test_dates_and_words_of_python_and_of_the_history_are_the_same(atelier):
    field = make_field(CompanyResource, "date")
    row = Company(name="Kervella", custom={field.key: "2026-03-14"})
    assert getattr(row, field.key) == dt.date(2026, 3, 14)
    with pytest.raises(AttributeError):
        _nothing = row.f999999
