"""What people do all day, in a browser."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from crm.models import Company

SIRENE = Path(__file__).parents[1] / "data" / "sirene"


@pytest.fixture
def some_companies(instance):
    with instance.rows():
        Company.objects.bulk_create([Company(name=f"Maison {number:03d}", city="Brest") for number in range(120)])
        Company.objects.create(name="Charpentes Riou", city="Quimper", relation="customer")


def test_search_as_you_type_sort_pages_and_back(instance, some_companies):
    page = instance.page
    instance.sign_in("sales", "/crm/companies/")
    page.get_by_role("searchbox").press_sequentially("riou", delay=30)
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr").first).to_contain_text("Charpentes Riou")
    page.wait_for_url("**q=riou**")
    page.get_by_role("searchbox").fill("")
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Ville").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Ville")
    page.get_by_role("link", name="Suivant").click()
    expect(page.locator(".pager")).to_contain_text("51–100")
    page.go_back()
    expect(page.locator(".pager")).to_contain_text("1–50")


def test_the_palette_finds_a_company_by_the_keyboard_and_it_is_edited_with_its_history(instance, some_companies):
    page = instance.page
    instance.sign_in("sales", "/")
    page.keyboard.press("Control+k")
    page.keyboard.type("riou", delay=20)
    expect(page.get_by_role("option").first).to_contain_text("Charpentes Riou")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Charpentes Riou")
    page.get_by_role("link", name="Modifier").first.click()
    page.get_by_label("Ville").fill("Douarnenez")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("main")).to_contain_text("Douarnenez")
    page.get_by_role("link", name="Historique").click()
    history = page.locator("main")
    expect(history).to_contain_text("Quimper")
    expect(history).to_contain_text("Douarnenez")
    expect(history).to_contain_text("Sales Test")


def test_a_wrong_form_takes_the_focus_to_a_summary_that_leads_to_the_field(instance):
    page = instance.page
    instance.sign_in("sales", "/crm/companies/new/")
    page.get_by_label("Nom", exact=False).first.fill("Charpentes Riou")
    page.get_by_label("SIRET").fill("73282932000075")
    page.get_by_role("button", name="Créer la fiche").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("SIRET")
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("SIRET")).to_be_focused()


def test_a_sirene_file_is_checked_imported_and_undone(instance):
    page = instance.page
    instance.sign_in("sales", "/crm/companies/")
    page.get_by_role("link", name="Importer").first.click()
    page.locator("input[type=file]").set_input_files(SIRENE / "unites_legales.csv")
    page.get_by_role("button", name="Envoyer le fichier").click()
    go = page.get_by_role("button", name="Importer")
    expect(go).to_be_visible(timeout=15000)
    with instance.rows():
        assert not Company.objects.exists()
    go.click()
    undo = page.get_by_role("button", name="Annuler cet import")
    expect(undo).to_be_visible(timeout=15000)
    with instance.rows():
        assert Company.objects.exists()
    undo.click()
    expect(page.get_by_text("annulé").first).to_be_visible(timeout=15000)
    with instance.rows():
        assert not Company.objects.exists()


def test_the_theme_is_kept_without_a_flash(instance):
    page = instance.page
    page.emulate_media(color_scheme="light")
    instance.sign_in("sales", "/")
    with page.expect_response("**/preferences/"):
        page.get_by_role("button", name="thème").first.click()
    page.reload(wait_until="commit")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_lists_work_without_javascript(instance, some_companies, browser):
    instance.sign_in("sales", "/")
    context = browser.new_context(java_script_enabled=False, storage_state=instance.page.context.storage_state())
    page = context.new_page()
    page.goto(f"{instance.url}/crm/companies/")
    page.get_by_role("searchbox").fill("riou")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(f"{instance.url}/crm/companies/")
    page.get_by_role("link", name="Ville").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Ville")
    context.close()


def test_a_session_of_one_client_is_refused_on_another(instance, make_client, browser, server):
    other = make_client("voisin")
    instance.sign_in("administrator", "/")
    context = browser.new_context()
    context.add_cookies([{**cookie, "domain": other.host} for cookie in instance.page.context.cookies()])
    page = context.new_page()
    page.goto(f"http://{other.host}:{server}/crm/companies/")
    expect(page).to_have_url(f"http://{other.host}:{server}/account/login/?next=/crm/companies/")
    context.close()
