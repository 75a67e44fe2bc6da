"""Every change of a row is recorded, by whatever door it came, with who and from where."""

import pytest
from django.db import DatabaseError, connection, transaction

from core.accounts.models import User
from core.models import Event, EventValues
from crm.models import Company


def events(company) -> list[tuple]:
    found = Event.objects.filter(model="crm.company", object_id=company.pk).order_by("pk")
    return [(event.kind, event.actor_name, sorted(event.fields)) for event in found]


def test_a_change_on_screen_is_recorded_with_its_author_and_its_values(sales, make_company):
    company = make_company(city="Brest")
    data = {"name": company.name, "kind": "business", "relation": "customer", "city": "Quimper"}
    sales.post(f"/crm/companies/{company.pk}/edit/", data)
    assert events(company)[-1] == ("updated", "Sales Test", ["city", "relation"])
    event = Event.objects.latest("pk")
    assert event.actor_id == User.objects.get(email="sales@atelier.example").pk
    assert event.screen == "crm-company-edit"
    assert event.values.before == {"city": "Brest", "relation": "prospect"}
    assert event.values.after == {"city": "Quimper", "relation": "customer"}


def test_bulk_statements_and_raw_sql_are_recorded_too(make_company):
    one, two = make_company("Un"), make_company("Deux")
    Company.objects.update(city="Lyon")
    Company.objects.bulk_update([Company(pk=one.pk, naf="43.32A")], ["naf"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_company SET source = 'SQL' WHERE id = %s", [two.pk])
        cursor.execute("DELETE FROM crm_company WHERE id = %s", [two.pk])
    assert [kind for kind, _actor, _fields in events(one)] == ["created", "updated", "updated"]
    assert [kind for kind, _actor, _fields in events(two)] == ["created", "updated", "updated", "deleted"]
    assert EventValues.objects.latest("event_id").before["source"] == "SQL"


def test_a_save_that_changes_nothing_leaves_no_event(make_company):
    company = make_company()
    company.save()
    assert len(events(company)) == 1


def test_a_rolled_back_change_leaves_no_event(make_company):
    company = make_company()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Company.objects.update(city="Lyon")
        raise ZeroDivisionError
    assert len(events(company)) == 1


@pytest.mark.parametrize("statement", ["UPDATE core_event SET actor_name = 'x'", "DELETE FROM core_event",
                                       "DELETE FROM core_eventvalues", "TRUNCATE core_eventvalues"])  # fmt: skip
def test_history_only_grows(make_company, statement):
    make_company()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_page_shows_who_changed_what_in_words(sales, make_company):
    company = make_company(city="Brest", owner=User.objects.get(email="admin@atelier.example"))
    sales.post(f"/crm/companies/{company.pk}/edit/", {"name": "Nouveau nom", "kind": "public", "relation": "prospect"})
    text = sales.get(f"/crm/companies/{company.pk}/history/").content.decode()
    for word in (
        "Sales Test",
        "Nature",
        "Organisme public",
        "Ville",
        "Brest",
        "Responsable",
        "Admin Test",
        "Nouveau nom",
    ):
        assert word in text, word


def test_the_author_of_one_request_is_not_taken_for_the_next(atelier, signed_in, make_company):
    company = make_company()
    url = f"/crm/companies/{company.pk}/edit/"
    base = {"name": company.name, "kind": "business", "relation": "prospect"}
    signed_in(atelier, "sales").post(url, {**base, "city": "A"})
    signed_in(atelier, "administrator").post(url, {**base, "city": "B"})
    assert [actor for _kind, actor, _fields in events(company)[1:]] == ["Sales Test", "Admin Test"]


def test_the_pool_forgets_the_author(make_client):
    from django_tenants.utils import tenant_context

    from core import audit

    client = make_client("oubli")
    with tenant_context(client):
        audit.tell(actor=User.objects.first(), screen="x", operation="y")
    connection.close()  # back to the pool; the next borrower may be anyone
    with tenant_context(client):
        Company.objects.create(name="Plus tard")
        event = Event.objects.latest("pk")
        assert (event.actor_id, event.actor_name, event.screen, event.operation) == (None, "", "", "")
    connection.close()
