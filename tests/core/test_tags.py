"""Tags: made, put on records one by one or many at once, shown and filtered in lists."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core.actions.tags import tag_named, tag_row, tag_rows, tags_of
from core.models import Event, Tag, Tagging
from crm.models import Company

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def tags(row) -> str:
    return f"/crm/companies/{row.pk}/tags/"


def names(row) -> list[str]:
    return [tag.name for tag in tags_of("crm.company", [row.pk]).get(row.pk, [])]


def test_a_tag_is_made_chosen_again_and_taken_off(sales, make_company):
    company, other = make_company(), make_company("Autre")
    assert "Fidèle" in sales.post(tags(company), {"tag_text": " Fidèle "}, headers=HTMX).content.decode()
    tag = Tag.objects.get()
    sales.post(tags(other), {"tag": tag.pk, "tag_text": "Fidèle"}, headers=HTMX)
    sales.post(tags(company), {"tag_text": "fidèle"}, headers=HTMX)
    assert Tag.objects.count() == 1 and names(company) == names(other) == ["Fidèle"]
    sales.post(f"{tags(company)}{tag.pk}/deletion/", headers=HTMX)
    assert names(company) == [] and names(other) == ["Fidèle"]
    sales.post(tags(company), {"tag_text": "Fidèle"})
    assert names(company) == ["Fidèle"] and Tagging.objects.count() == 2


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "\x00", "!!!"])
def test_a_name_that_is_none_is_refused_in_words(sales, make_company, name):
    answer = sales.post(tags(make_company()), {"tag_text": name}, headers=HTMX)
    assert answer.status_code == 200 and "errorlist" in answer.content.decode() and not Tag.objects.exists()


def test_hostile_names_are_shown_as_text(sales, make_company):
    company = make_company()
    sales.post(tags(company), {"tag_text": "<img src=x onerror=1>"})
    for url in ("/crm/companies/", f"/crm/companies/{company.pk}/", f"/crm/companies/{company.pk}/history/"):
        assert "<img src=x" not in sales.get(url).content.decode()


def test_the_database_itself_refuses_doubles(make_company):
    company, tag = make_company(), tag_named("Vip")
    tag_row(company, tag)
    with pytest.raises(IntegrityError), transaction.atomic():
        Tag.objects.create(name="VIP")
    with pytest.raises(IntegrityError), transaction.atomic():
        Tagging.objects.create(tag=tag, model="crm.company", object_id=company.pk)


def test_many_rows_are_tagged_in_few_statements(make_company):
    Company.objects.bulk_create([Company(name=f"N{number}") for number in range(500)])
    vip, old = tag_named("Vip"), tag_named("Ancien")
    tag_rows(Company.objects.all(), add=[old])
    with CaptureQueriesContext(connection) as queries:
        assert tag_rows(Company.objects.all(), add=[vip], remove=[old]) == 500
    assert len(queries) < 15
    assert Tagging.objects.filter(tag=vip, active=True).count() == 500
    assert not Tagging.objects.filter(tag=old, active=True).exists()
    assert tag_rows(Company.objects.all(), add=[vip]) == 500  # again: nothing doubles


def test_lists_show_them_and_filter_by_them(sales, make_company):
    one, _two = make_company("Marquée"), make_company("Nue")
    tag_row(one, tag := tag_named("Vip"))
    page = sales.get("/crm/companies/").content.decode()
    assert "Étiquettes" in page and "Vip" in page
    filtered = sales.get(f"/crm/companies/?tags={tag.pk}").content.decode()
    assert "Marquée" in filtered and "Nue" not in filtered
    for wrong in ("999999", "x", "%00", "1'", ""):
        assert sales.get(f"/crm/companies/?tags={wrong}").status_code == 200


def test_the_history_tells_it_with_who(sales, make_company):
    company = make_company()
    sales.post(tags(company), {"tag_text": "Vip"})
    sales.post(f"{tags(company)}{Tag.objects.get().pk}/deletion/")
    text = sales.get(f"/crm/companies/{company.pk}/history/").content.decode()
    assert "a posé l’étiquette" in text and "a retiré l’étiquette" in text and "Sales Test" in text
    assert Event.objects.filter(model="core.tagging").count() == 2


def test_the_combobox_finds_words_without_accents(sales, atelier):
    tag_named("Fidèle client")
    assert [row["title"] for row in sales.get("/tags/?q=fidele").json()["results"]] == ["Fidèle client"]
    assert [row["title"] for row in sales.get("/tags/?q=cli").json()["results"]] == ["Fidèle client"]


def test_a_reader_sees_tags_and_changes_none(reader, make_company):
    company = make_company()
    tag_row(company, tag := tag_named("Vip"))
    page = reader.get(f"/crm/companies/{company.pk}/").content.decode()
    assert "Vip" in page and "tag-input" not in page
    assert reader.post(tags(company), {"tag_text": "X"}).status_code == 403
    assert reader.post(f"{tags(company)}{tag.pk}/deletion/").status_code == 403
