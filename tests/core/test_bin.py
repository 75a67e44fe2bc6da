"""The bin of thirty days: rows leave whole, come back whole, or go for good."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.accounts.models import User
from core.actions.bin import bin_rows, new_operation
from core.actions.notes import write_note
from core.actions.restoring import NotRestored, restore_operation, restore_rows
from core.actions.tags import tag_named, tag_row
from core.attachments.actions import attach, files_of, sweep
from core.models import Attachment, BinnedRow, Event, Note, Tagging
from core.registry import registry
from core.tasks import sweep_here
from crm.models import Company, Contact


def me() -> User:
    return User.objects.get(email="sales@atelier.example")


def whole(company) -> dict:
    return Company.objects.filter(pk=company.pk).values().get()


def delete(browser, company):
    return browser.post(f"/crm/companies/{company.pk}/delete/", follow=True)


def test_a_deleted_row_leaves_every_list_and_comes_back_as_it_was(sales, make_company):
    company = make_company("Riou", siret="73282932000074", siren="732829320", credit_limit="12345678901.55")
    contact = Contact.objects.create(last_name="Le Goff", company=company)
    before = whole(company)
    page = delete(sales, company).content.decode()
    assert "dans la corbeille" in page and "/undo/" in page
    assert not Company.objects.exists()
    assert sales.get(f"/crm/companies/{company.pk}/").status_code == 404
    assert "Riou" not in sales.get("/palette/?q=riou").content.decode()
    assert sales.get("/crm/companies/lookup/?q=riou").json()["results"] == []
    binned = BinnedRow.objects.get()
    assert "Riou" in sales.get("/bin/").content.decode()
    assert sales.post(f"/bin/{binned.pk}/restoration/").headers["Location"] == f"/crm/companies/{company.pk}/"
    assert whole(company) == before and not BinnedRow.objects.exists()
    contact.refresh_from_db()
    assert contact.company_id == company.pk
    text = sales.get(f"/crm/companies/{company.pk}/history/").content.decode()
    assert "mis la fiche à la corbeille" in text and "restauré la fiche" in text


def test_undo_brings_a_whole_gesture_back_parents_and_children_alike(make_company):
    parent = make_company("Groupe")
    child = make_company("Filiale", parent=parent)
    operation = new_operation()
    assert bin_rows(Company.objects.all(), by=me(), operation=operation) == 2
    assert len(restore_operation(operation, by=me())) == 2
    child.refresh_from_db()
    assert child.parent_id == parent.pk
    with pytest.raises(NotRestored):
        restore_operation(operation, by=me())


def test_the_undo_of_the_message_works_once_and_only_for_its_author(sales, atelier, signed_in, make_company):
    company = make_company()
    delete(sales, company)
    url = f"/bin/{BinnedRow.objects.get().operation}/undo/"
    assert "plus à annuler" in signed_in(atelier, "administrator").post(url, follow=True).content.decode()
    assert not Company.objects.exists()
    sales.post(url)
    assert Company.objects.get().pk == company.pk
    assert "plus à annuler" in sales.post(url, follow=True).content.decode()


def test_a_row_whose_unique_value_was_taken_is_refused_with_the_reason(sales, make_company):
    company = make_company("Riou", siret="73282932000074", siren="732829320")
    delete(sales, company)
    make_company("Autre", siret="73282932000074", siren="732829320")
    binned = BinnedRow.objects.get()
    text = sales.post(f"/bin/{binned.pk}/restoration/", follow=True).content.decode()
    assert "SIRET" in text and "ne peut pas revenir" in text
    assert BinnedRow.objects.exists() and Company.objects.count() == 1


def test_one_refusal_restores_nothing_of_the_gesture(make_company):
    one, two = make_company("Un"), make_company("Deux", siret="73282932000074", siren="732829320")
    operation = new_operation()
    bin_rows(Company.objects.all(), by=me(), operation=operation)
    make_company("Autre", siret="73282932000074", siren="732829320")
    with pytest.raises(NotRestored):
        restore_operation(operation, by=me())
    assert not Company.objects.filter(pk__in=[one.pk, two.pk]).exists() and BinnedRow.objects.count() == 2


def test_what_points_to_somebody_else_by_now_stays_there(make_company):
    company, other = make_company("A"), make_company("B")
    contact = Contact.objects.create(last_name="X", company=company)
    bin_rows(Company.objects.filter(pk=company.pk), by=me())
    Contact.objects.update(company=other)
    restore_rows(BinnedRow.objects.all())
    contact.refresh_from_db()
    assert contact.company_id == other.pk


def test_a_row_whose_parent_is_gone_for_good_comes_back_without_it(make_company):
    parent = make_company("Groupe")
    child = make_company("Filiale", parent=parent)
    bin_rows(Company.objects.filter(pk=child.pk), by=me())
    parent.delete()
    restore_rows(BinnedRow.objects.all())
    child.refresh_from_db()
    assert child.parent_id is None


def test_notes_tags_and_files_wait_and_go_with_the_final_destruction(sales, atelier, signed_in, make_company):
    company = make_company()
    write_note(registry.by_label["crm.company"], company, "À garder", by=me())
    tag_row(company, tag_named("Vip"))
    kept, refused = attach(company, [SimpleUploadedFile("note.txt", b"bonjour")], by=me())
    assert not refused
    delete(sales, company)
    binned = BinnedRow.objects.get()
    restore_rows(BinnedRow.objects.all())
    assert (Note.objects.count(), Tagging.objects.filter(active=True).count(), files_of(company).count()) == (1, 1, 1)
    delete(sales, company)
    binned = BinnedRow.objects.get()
    assert sales.post(f"/bin/{binned.pk}/destruction/").status_code == 403
    admin = signed_in(atelier, "administrator")
    assert admin.post(f"/bin/{binned.pk}/destruction/").status_code == 302
    assert (Note.objects.count(), Tagging.objects.count(), BinnedRow.objects.count()) == (0, 0, 0)
    kept = Attachment.objects.get(pk=kept[0].pk)
    assert kept.deleted_at is not None and kept.file.storage.exists(kept.file.name)  # last night's backup may need it
    sweep()
    assert Attachment.objects.exists()
    Attachment.objects.update(deleted_at=timezone.now() - dt.timedelta(hours=73))
    sweep()
    assert not Attachment.objects.exists() and not kept.file.storage.exists(kept.file.name)


def test_after_thirty_days_the_night_empties_it(make_company):
    one, two = make_company("Vieille"), make_company("Récente")
    bin_rows(Company.objects.all(), by=me())
    BinnedRow.objects.filter(object_id=one.pk).update(binned_at=timezone.now() - dt.timedelta(days=31))
    sweep_here.delay()
    assert [row.object_id for row in BinnedRow.objects.all()] == [two.pk]


def test_a_reader_neither_deletes_nor_sees_the_bin(reader, make_company):
    company = make_company()
    bin_rows(Company.objects.filter(pk=company.pk), by=me())
    binned = BinnedRow.objects.get()
    assert reader.get("/bin/").status_code == 403
    for url in (f"/bin/{binned.pk}/restoration/", f"/bin/{binned.pk}/destruction/", f"/bin/{binned.operation}/undo/"):
        assert reader.post(url).status_code == 403, url
    assert "/bin/" not in reader.get("/").content.decode()


def test_whoever_reaches_only_their_own_rows_sees_only_their_own_deletions(sales, make_company):
    role = me().roles.get()
    role.scopes = {"crm": "own"}
    role.save()
    mine, theirs = make_company("La mienne", owner=me()), make_company("La leur")
    delete(sales, mine)
    bin_rows(Company.objects.filter(pk=theirs.pk), by=User.objects.get(email="admin@atelier.example"))
    page = sales.get("/bin/").content.decode()
    assert "La mienne" in page and "La leur" not in page
    hidden = BinnedRow.objects.get(object_id=theirs.pk)
    assert sales.post(f"/bin/{hidden.pk}/restoration/").status_code == 404


def test_a_thousand_rows_cost_few_statements(make_company):
    Company.objects.bulk_create([Company(name=f"N{number}") for number in range(1000)])
    with CaptureQueriesContext(connection) as queries:
        assert bin_rows(Company.objects.all(), by=me()) == 1000
    assert len(queries) < 60
    assert Event.objects.filter(operation__startswith="bin:").count() == 1000


def test_the_bins_page_asks_a_constant_number_of_queries(sales, make_company):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            sales.get("/bin/")
        return len(queries)

    make_company()
    bin_rows(Company.objects.all(), by=me())
    few = min(count() for _time in range(3))  # a cache that was slow to answer sends the session to the database
    Company.objects.bulk_create([Company(name=f"N{number}") for number in range(30)])
    bin_rows(Company.objects.all(), by=me())
    assert min(count() for _time in range(3)) == few
