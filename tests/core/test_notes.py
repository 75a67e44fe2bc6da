"""Notes on a record: written, corrected, deleted, read safely; people they name."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from core.accounts.models import User
from core.models import Event, Note, Notification
from crm.models import Company, Contact


def notes(row) -> str:
    return f"/crm/companies/{row.pk}/notes/"


def test_a_note_is_written_shown_and_kept_in_the_history(sales, make_company):
    company = make_company()
    assert (
        sales.post(notes(company), {"text": "Rappeler lundi\r\nvoir https://exemple.fr/a?b=1&c=2"}).status_code == 302
    )
    page = sales.get(notes(company)).content.decode()
    assert "Rappeler lundi<br>" in page and 'href="https://exemple.fr/a?b=1&amp;c=2"' in page and "Sales Test" in page
    assert "Rappeler lundi" in sales.get(f"/crm/companies/{company.pk}/").content.decode()  # in the stream
    assert Event.objects.filter(model="core.note", kind="created").count() == 1


HOSTILE = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "<svg/onload=alert(1)>",
           "javascript:alert(1) http://a\"onmouseover=alert(1)//", "@<b>Sales</b> Test"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_html_is_shown_as_text(sales, make_company, text):
    company = make_company()
    sales.post(notes(company), {"text": f"{text} @Sales Test"})
    for url in (notes(company), f"/crm/companies/{company.pk}/"):
        page = sales.get(url).content.decode()
        for live in ("<script>alert", "<img src=x", "<svg/onload", '"onmouseover', 'href="javascript', "<b>Sales"):
            assert live not in page


@pytest.mark.parametrize(
    ("text", "said"), [("", "vide"), ("   \n ", "vide"), ("\x00", "vide"), ("x" * 10_001, "10 000 caractères")]
)
def test_a_note_that_cannot_be_is_refused_in_words_and_nothing_is_kept(sales, make_company, text, said):
    company = make_company()
    answer = sales.post(notes(company), {"text": text})
    assert answer.status_code == 200 and said in answer.content.decode()
    assert not Note.objects.exists()


def test_what_was_typed_is_not_lost_by_a_refusal(sales, make_company):
    page = sales.post(notes(make_company()), {"text": "début " + "x" * 10_000}).content.decode()
    assert "début xxx" in page


def test_ten_megabytes_are_refused_before_they_are_read(sales, make_company):
    answer = sales.post(notes(make_company()), {"text": "x" * 10_000_000})
    assert 400 <= answer.status_code < 500 and not Note.objects.exists()


def test_nul_bytes_and_lone_surrogates_are_taken_out(sales, make_company):
    sales.post(notes(make_company()), {"text": "Bon\x00jour ici"})
    assert Note.objects.get().text == "Bonjour ici"


def test_only_its_author_corrects_a_note_and_administrators_may_delete(atelier, signed_in, make_company):
    company = make_company()
    seller, admin = signed_in(atelier, "sales"), signed_in(atelier, "administrator")
    seller.post(notes(company), {"text": "La mienne"})
    admin.post(notes(company), {"text": "Celle de l’admin"})
    first, second = Note.objects.order_by("pk")
    url = f"{notes(company)}{first.pk}/"
    assert admin.get(url).status_code == admin.post(url, {"text": "pirate"}).status_code == 403
    assert seller.post(url, {"text": "Corrigée"}).status_code == 302
    first.refresh_from_db()
    assert first.text == "Corrigée" and first.edited_at
    assert seller.post(f"{notes(company)}{second.pk}/deletion/").status_code == 403
    assert admin.post(f"{url}deletion/").status_code == 302
    assert list(Note.objects.all()) == [second]


def test_a_reader_reads_and_does_not_write(reader, sales, make_company):
    company = make_company()
    sales.post(notes(company), {"text": "Visible"})
    note = Note.objects.get()
    page = reader.get(notes(company)).content.decode()
    assert "Visible" in page and "<textarea" not in page
    for url in (notes(company), f"{notes(company)}{note.pk}/", f"{notes(company)}{note.pk}/deletion/"):
        assert reader.post(url, {"text": "x"}).status_code == 403
    assert reader.get(f"/crm/companies/{company.pk}/readers/").status_code == 403


def test_a_note_is_reached_only_through_its_own_record_and_client(sales, horizon, signed_in, make_company):
    company, other = make_company(), make_company("Autre")
    sales.post(notes(company), {"text": "Ici"})
    note = Note.objects.get()
    assert sales.get(f"{notes(other)}{note.pk}/").status_code == 404
    assert sales.post(f"{notes(other)}{note.pk}/deletion/").status_code == 404
    contact = Contact.objects.create(last_name="X")
    assert sales.get(f"/crm/contacts/{contact.pk}/notes/{note.pk}/").status_code == 404
    with tenant_context(horizon):
        cache.clear()
        far = Company.objects.create(name="Ailleurs", pk=company.pk + 1000)
        assert signed_in(horizon, "sales").get(f"{notes(far)}{note.pk}/").status_code == 404


# --- mentions -----------------------------------------------------------------------------------------------------
def test_people_named_are_told_once_and_stored_by_key(sales, make_company):
    company = make_company("Riou")
    admin = User.objects.get(email="admin@atelier.example")
    sales.post(notes(company), {"text": "Vu avec @Admin Test, à suivre", "mention": admin.pk})
    note, told = Note.objects.get(), Notification.objects.get()
    assert note.mentions == [admin.pk]
    assert (told.person, told.url) == (admin, notes(company)) and "Riou" in told.text
    assert '<span class="mention">@Admin Test</span>' in sales.get(notes(company)).content.decode()
    sales.post(f"{notes(company)}{note.pk}/", {"text": "Toujours avec @Admin Test, et @Reader Test"})
    assert Notification.objects.filter(person=admin).count() == 1
    assert Notification.objects.count() == 2


def test_naming_oneself_or_half_a_name_tells_nobody(sales, make_company):
    sales.post(notes(make_company()), {"text": "@Sales Test @Admin @Admin Testament admin@atelier.example"})
    assert not Notification.objects.exists()


def test_whoever_may_not_read_the_record_is_neither_offered_nor_told(sales, make_company):
    company = make_company()
    reader = User.objects.get(email="reader@atelier.example")
    url = f"/crm/companies/{company.pk}/readers/"
    assert [row["title"] for row in sales.get(url, {"q": "rea"}).json()["results"]] == ["Reader Test"]
    reader.roles.clear()
    assert sales.get(url, {"q": "rea"}).json()["results"] == []
    sales.post(notes(company), {"text": "@Reader Test", "mention": reader.pk})
    assert Note.objects.get().mentions == [] and not Notification.objects.exists()


def test_of_two_namesakes_the_chosen_one_is_told(sales, make_company):
    first = User.objects.create_user("a@x.example", first_name="Jean", last_name="Martin")
    second = User.objects.create_user("b@x.example", first_name="Jean", last_name="Martin")
    for user in (first, second):
        user.roles.set(User.objects.get(email="reader@atelier.example").roles.all())
    sales.post(notes(make_company()), {"text": "@Jean Martin", "mention": second.pk})
    assert Note.objects.get().mentions == [second.pk]


def test_a_records_pages_ask_a_constant_number_of_queries(sales, make_company):
    company = make_company()

    def count() -> list[int]:
        out = []
        for url in (notes(company), f"/crm/companies/{company.pk}/"):
            with CaptureQueriesContext(connection) as queries:
                assert sales.get(url).status_code == 200
            out.append(len(queries))
        return out

    sales.post(notes(company), {"text": "@Admin Test"})
    count()
    few = count()
    for _number in range(30):
        sales.post(notes(company), {"text": "@Admin Test @Reader Test"})
    count()  # the messages of the posts are shown, and leave the session
    assert count() == few


def test_the_stream_goes_on_page_by_page_and_forgets_nothing(sales, make_company):
    company = make_company("Début")
    for number in range(30):
        sales.post(notes(company), {"text": f"note-{number:02d}."})
        Company.objects.filter(pk=company.pk).update(city=f"ville-{number:02d}.")
    url, seen = f"/crm/companies/{company.pk}/", []
    for _page in range(5):
        answer = sales.get(url)
        entries = answer.context["activity"]
        seen += [(entry["type"], entry["id"]) for entry in entries]
        if not answer.context["more_url"]:
            break
        url = answer.context["more_url"].partition("#")[0]
    assert len(seen) == len(set(seen)) == 61
    assert sales.get(f"/crm/companies/{company.pk}/?activity=%00n'").status_code == 200


def test_a_note_keeps_the_list_that_one_came_from(sales, make_company):
    url = f"{notes(make_company())}?from=1~q%3Driou"
    assert f'action="{url}"' in sales.get(url).content.decode()
    assert sales.post(url, {"text": "Vu"})["Location"] == url
