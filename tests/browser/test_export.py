"""Rows leave a list: by its menu, by the bulk bar, on paper; the register shows each."""

import csv
import io

import pytest
from playwright.sync_api import expect

from core.models import Extraction
from crm.models import Company
from tests.browser.conftest import SIZES

URL = "/crm/companies/"


@pytest.fixture
def many(instance):
    with instance.rows():
        Company.objects.bulk_create([Company(name=f"Maison {number:03d}", city="Brest") for number in range(60)])
        Company.objects.create(name="=Charpentes Riou", city="Quimper", relation="customer")


def lines(download) -> list[list[str]]:
    content = download.path().read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") and b"\r\n" in content
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_the_filtered_list_leaves_by_its_menu_and_the_register_says_so(instance, many, axe):
    page = instance.page
    instance.enter("sales", f"{URL}?relation=customer")
    page.get_by_role("button", name="Autres actions sur la liste").click()
    axe(page)
    page.get_by_role("link", name="Exporter…").click()
    dialog = page.get_by_role("dialog", name="Exporter")
    expect(dialog).to_contain_text("1 ligne : toute la liste filtrée")
    expect(dialog).to_contain_text("Relation : Client")
    axe(page)
    dialog.get_by_label("CSV, pour un autre logiciel").check()
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Télécharger").click()
    found = lines(download.value)
    assert found[0][:2] == ["Société", "Relation"] and found[1][:3] == ["'=Charpentes Riou", "Client", "Quimper"]
    assert len(found) == 2 and download.value.suggested_filename.startswith("societes-")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("status").filter(has_text="Le téléchargement commence.")).to_be_visible()
    instance.open("/extractions/")
    axe(page)
    page.get_by_role("link", name="Sociétés Fichier · CSV").click()
    expect(page.get_by_text("Relation : Client")).to_be_visible()
    with instance.rows():
        expect(page.get_by_text(Extraction.objects.get().end.sha256)).to_be_visible()
    axe(page)


def test_the_ticked_rows_of_two_pages_leave_by_the_bulk_bar(instance, many):
    page = instance.page
    instance.enter("reader", URL)
    boxes = page.locator('.table input[name="ids"]')
    boxes.nth(1).click()
    page.get_by_role("link", name="Suivant").click()
    expect(page.locator(".pager")).to_contain_text("51–61")
    boxes.nth(2).click()
    bar = page.get_by_role("form", name="Actions sur la sélection")
    expect(bar.get_by_role("button", name="Supprimer")).to_have_count(0)
    bar.get_by_role("button", name="Exporter").click()
    dialog = page.get_by_role("dialog", name="Exporter")
    expect(dialog).to_contain_text("2 lignes choisies")
    dialog.get_by_label("CSV, pour un autre logiciel").check()
    dialog.get_by_label("Toutes").check()
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Télécharger").click()
    found = lines(download.value)
    assert len(found) == 3 and "Raison sociale" in found[0]
    with instance.rows():
        row = Extraction.objects.get()
        assert (row.selected, row.end.rows, row.actor_name) == (2, 2, "Reader Test")


def test_the_list_goes_on_paper(instance, many, axe):
    page = instance.page
    instance.enter("sales", f"{URL}?q=maison")
    page.get_by_role("button", name="Autres actions sur la liste").click()
    page.get_by_role("link", name="Imprimer…").click()
    dialog = page.get_by_role("dialog", name="Imprimer")
    dialog.get_by_role("button", name="Préparer la page").click()
    expect(page.locator("tbody tr")).to_have_count(60)
    expect(page.get_by_role("heading", name="Sociétés")).to_be_visible()
    axe(page)
    page.set_viewport_size(SIZES["phone"])
    axe(page)
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Imprimer")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Revenir à la liste").click()
    page.wait_for_url("**/crm/companies/?q=maison")
    with instance.rows():
        assert (Extraction.objects.get().way, Extraction.objects.get().end.rows) == ("print", 60)


def test_the_list_itself_does_not_go_on_paper_unrecorded(instance, many):
    page = instance.page
    instance.enter("sales", URL)
    expect(page.locator("#list table")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("#list table")).to_be_hidden()
    expect(page.get_by_text("L’impression d’une liste est enregistrée")).to_be_visible()


def test_a_deletion_in_bulk_is_taken_back_from_its_message(instance, many):
    page = instance.page
    instance.enter("sales", f"{URL}?q=maison")
    page.locator('.table input[name="ids"]').first.click()
    page.get_by_label("Les 60 lignes filtrées").check()
    page.locator(".bulkbar").get_by_role("button", name="Supprimer").click()
    page.get_by_role("dialog").get_by_role("button", name="Supprimer (60)").click()
    expect(page.get_by_role("status").filter(has_text="60 fiches mises à la corbeille.")).to_be_visible()
    page.get_by_role("button", name="Annuler").click()
    expect(page.get_by_role("status").filter(has_text="60 fiches restaurées.")).to_be_visible()
    with instance.rows():
        assert Company.objects.filter(name__startswith="Maison").count() == 60
