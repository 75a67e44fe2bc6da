"""Every row is on exactly one page, whatever the sort, forwards and backwards."""

from functools import partial

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.keyset import Cursor, Order, page
from crm.models import Company

NAMES = st.lists(
    st.sampled_from(["Dupont", "DUPONT", "dupond", "Élan", "elan", "Zoé", "", "É", "a b", "a-b"]), max_size=14
)


def rows_of(order):
    return partial(order.take, Company.objects.all())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(names=NAMES, descending=st.booleans(), size=st.integers(1, 5))
def test_walking_forwards_then_backwards_sees_every_row_once(atelier, names, descending, size):
    Company.objects.all().delete()
    Company.objects.bulk_create([Company(name="x", city=name) for name in names])
    order = Order(Company._meta.get_field("city"), descending)
    everything = list(order.apply(Company.objects.all()).values_list("pk", flat=True))

    forwards, current = [], page(rows_of(order), order, size=size)
    pages = [current]
    while current.next:
        current = page(rows_of(order), order, after=Cursor.decode(current.next, order), size=size)
        pages.append(current)
    for number, shown in enumerate(pages):
        assert shown.first == number * size + 1
        forwards += [row.pk for row in shown.rows]
    assert forwards == everything

    backwards = list(pages[-1].rows)
    current = pages[-1]
    while current.previous:
        current = page(rows_of(order), order, before=Cursor.decode(current.previous, order), size=size)
        backwards = current.rows + backwards
    assert [row.pk for row in backwards] == everything
    assert current.first == 1


@pytest.mark.parametrize("text", ["x", "W10", "bnVsbA", "WzFd", "WyJhIiwwLDFd", "WyJhIiwxLDEwMDAwMDAwMDAwMF0", "é",
                                  "A" * 5000,                                  "WyJcdTAwMDAiLDEsMV0", "W1tbW1tbW1tbW10"])  # fmt: skip
def test_a_cursor_that_nobody_wrote_is_refused(text):
    with pytest.raises(ValueError):
        Cursor.decode(text, Order(Company._meta.get_field("name")))


def test_a_cursor_of_another_sort_is_refused():
    text = Cursor("Dupont", 3, 1).encode()
    with pytest.raises(ValueError):
        Cursor.decode(text, Order(Company._meta.get_field("updated_at")))


def test_a_page_begins_at_its_row_also_among_many_of_the_same_name(atelier):
    Company.objects.bulk_create([Company(name="Ateliers Martin") for _number in range(2000)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_company")
    order = Order(Company._meta.get_field("name"))
    middle = order.apply(Company.objects.all())[1500]
    rows = order.apply(Company.objects.all()).filter(
        order.beyond(Cursor("ateliers martin", middle.pk, 1), backwards=False)
    )
    plan = rows[:51].explain(analyze=True, costs=False, timing=False)
    assert "company_by_name" in plan and "Removed by Filter" not in plan
    assert [row.pk for row in rows[:3]] == [middle.pk + 1, middle.pk + 2, middle.pk + 3]
