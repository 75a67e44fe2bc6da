"""The list in a browser: selection across pages, bulk bar, saved views, columns, facets, phone."""

import re

import pytest
from playwright.sync_api import expect

from core.accounts.models import Role
from core.models import SavedView
from crm.models import Company

URL = "/crm/companies/"


@pytest.fixture
def many(instance):
    with instance.rows():
        Company.objects.bulk_create([Company(name=f"Maison {number:03d}", city="Brest") for number in range(120)])
        Company.objects.create(name="Charpentes Riou", city="Quimper", relation="customer", kind="public")


def boxes(page):
    return page.locator('.table input[name="ids"]')


def test_a_selection_made_with_shift_over_two_pages_is_edited(instance, many):
    page = instance.page
    instance.enter("sales", URL)
    bar = page.get_by_role("form", name="Actions sur la sélection")
    expect(bar).to_be_hidden()
    boxes(page).nth(1).click()
    boxes(page).nth(4).click(modifiers=["Shift"])
    expect(bar).to_contain_text("4 dans la sélection")
    page.get_by_role("link", name="Suivant").click()
    expect(page.locator(".pager")).to_contain_text("51–100")
    expect(bar).to_contain_text("4 dans la sélection")
    boxes(page).first.click()
    expect(bar).to_contain_text("5 dans la sélection")
    bar.get_by_role("button", name="Modifier").click()
    dialog = page.get_by_role("dialog", name="Modifier la sélection")
    expect(dialog).to_contain_text("5 lignes choisies")
    dialog.get_by_role("combobox", name="Relation").select_option("customer")
    expect(dialog.get_by_label("Modifier : Relation")).to_be_checked()
    dialog.get_by_role("button", name="Modifier (5)").click()
    expect(page.get_by_role("status").filter(has_text="5 fiches modifiées.")).to_be_visible()
    with instance.rows():
        assert Company.objects.filter(relation="customer").count() == 6


def test_everything_filtered_goes_to_the_bin(instance, many):
    page = instance.page
    instance.enter("sales", f"{URL}?q=maison")
    boxes(page).first.click()
    page.get_by_label("Les 120 lignes filtrées").check()
    page.locator(".bulkbar").get_by_role("button", name="Supprimer").click()
    dialog = page.get_by_role("dialog", name="Supprimer la sélection")
    expect(dialog).to_contain_text("120 lignes : toute la liste filtrée")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.locator(".bulkbar").get_by_role("button", name="Supprimer").click()
    dialog.get_by_role("button", name="Supprimer (120)").click()
    expect(page.locator(".table-wrap")).to_contain_text("Aucun résultat")
    with instance.rows():
        assert Company.objects.count() == 1


def test_a_selection_can_be_emptied(instance, many):
    page = instance.page
    instance.enter("sales", URL)
    page.get_by_label("Sélectionner toute la page").check()
    expect(page.locator(".bulkbar output")).to_have_text("50")
    page.get_by_role("button", name="Vider la sélection").click()
    expect(page.locator(".bulkbar")).to_be_hidden()
    expect(boxes(page).first).not_to_be_checked()


def test_a_view_is_saved_changed_and_removed(instance, many):
    page = instance.page
    instance.enter("administrator", f"{URL}?relation=customer")
    page.get_by_role("link", name="Trier").or_(page.get_by_role("link", name="Ville")).first.click()
    page.get_by_role("link", name="Enregistrer la vue").click()
    dialog = page.get_by_role("dialog", name="Enregistrer la vue")
    dialog.get_by_label("Nom de la vue").fill("Mes clients")
    dialog.get_by_label("Tout le monde").check()
    dialog.get_by_label("Commercial").check()
    dialog.get_by_role("button", name="Enregistrer").click()
    tab = page.get_by_role("navigation", name="Vues").get_by_role("link", name="Mes clients")
    expect(tab).to_have_attribute("aria-current", "true")
    expect(tab).to_contain_text("1")
    with instance.rows():
        role = Role.objects.get(code="sales")
        assert SavedView.objects.get().defaults.get().role == role
    page.get_by_role("searchbox").fill("riou")
    page.get_by_role("button", name="Mettre à jour la vue").click()
    expect(page.get_by_role("status").filter(has_text="est à jour")).to_be_visible()
    page.get_by_role("link", name="Modifier la vue Mes clients").click()
    page.get_by_role("dialog", name="Modifier la vue").get_by_role("link", name="Supprimer la vue").click()
    removal = page.get_by_role("dialog", name="Supprimer la vue")
    removal.get_by_role("button", name="Supprimer la vue").click()
    expect(page.get_by_role("navigation", name="Vues")).not_to_contain_text("Mes clients")


def test_columns_are_chosen_and_moved_by_the_keyboard(instance, many):
    page = instance.page
    instance.enter("sales", URL)
    page.get_by_role("link", name="Choisir les colonnes").click()
    dialog = page.get_by_role("dialog", name="Colonnes")
    dialog.get_by_role("checkbox", name="SIREN").uncheck()
    dialog.get_by_role("checkbox", name="Origine").check()
    up = dialog.get_by_role("button", name="Monter : Ville")
    up.focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Descendre : Ville")).to_be_focused()
    dialog.get_by_role("button", name="Garder pour moi").click()
    heads = page.locator("thead th[scope=col]")
    expect(heads.nth(1)).to_have_text("Ville")
    expect(page.locator("thead")).to_contain_text("Origine")
    expect(page.locator("thead")).not_to_contain_text("SIREN")


def test_a_facet_shows_its_counts_and_keeps_them_while_one_ticks(instance, many):
    page = instance.page
    instance.enter("sales", URL)
    page.get_by_role("button", name="Nature").click()
    menu = page.locator("#facet-kind")
    expect(menu.locator("label").filter(has_text="Entreprise")).to_contain_text("120")
    menu.get_by_label("Organisme public").check()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(menu).to_be_visible()
    expect(menu.locator("label").filter(has_text="Entreprise")).to_contain_text("120")


def test_next_and_previous_record_in_the_list(instance, many):
    page = instance.page
    instance.enter("sales", URL)
    instance.open(f"{URL}?q=maison&sort=-name")
    page.get_by_role("link", name="Maison 118").click()
    expect(page.get_by_role("navigation", name="Fiches voisines")).to_contain_text("2 sur 120")
    page.get_by_role("link", name="Fiche suivante").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Maison 117")
    expect(page.get_by_role("navigation", name="Fiches voisines")).to_contain_text("3 sur 120")
    page.locator("a.crumb").first.click()
    expect(page).to_have_url(re.compile(r"q=maison&sort=-name"))


def test_the_bulk_bar_views_and_columns_work_without_javascript(instance, many, browser):
    instance.enter("sales", "/")
    context = browser.new_context(java_script_enabled=False, storage_state=instance.page.context.storage_state())
    page = context.new_page()
    page.goto(f"{instance.url}{URL}?q=maison")
    expect(page.locator(".bulkbar")).to_be_hidden()
    boxes(page).nth(0).check()
    boxes(page).nth(2).check()
    page.locator(".bulkbar").get_by_role("button", name="Étiqueter").click()
    expect(page.locator("main")).to_contain_text("2 lignes choisies")
    page.get_by_label("Étiquettes", exact=False).first.fill("Salon")
    page.get_by_role("button", name="Étiqueter (2)").click()
    expect(page.locator(".pager")).to_contain_text("120")
    page.get_by_role("link", name="Enregistrer la vue").click()
    page.get_by_label("Nom de la vue").fill("Maisons")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("navigation", name="Vues")).to_contain_text("Maisons")
    page.get_by_role("link", name="Choisir les colonnes").click()
    page.get_by_role("button", name="Monter : Ville").click()
    page.get_by_role("button", name="Garder pour moi").click()
    expect(page.locator("thead th[scope=col]").nth(1)).to_have_text("Ville")
    context.close()
