"""Forms in a browser: two people on one row, drafts, comboboxes by keyboard, nothing sent twice."""

import pytest
from playwright.sync_api import expect

from crm.models import Company, Contact
from tests.browser.conftest import SIZES, expected_failures


@pytest.fixture
def company(instance):
    with instance.rows():
        return Company.objects.create(name="Charpentes Riou", city="Brest", note="Ancienne")


def edit(company) -> str:
    return f"/crm/companies/{company.pk}/edit/"


def test_two_people_edit_one_row_and_the_second_chooses(instance, company, browser):
    page = instance.page
    instance.enter("sales", edit(company))
    page.get_by_label("Ville").fill("Quimper")
    page.get_by_label("Note").fill("Tapé longuement")

    other = browser.new_context(locale="fr-FR", viewport=SIZES["desktop"])
    theirs = type(instance)(instance.client, other.new_page(), instance.port)
    theirs.enter("administrator", edit(company))
    theirs.page.get_by_label("Ville").fill("Lorient")
    theirs.page.get_by_role("button", name="Enregistrer").click()
    theirs.page.wait_for_url(f"**/crm/companies/{company.pk}/")
    other.close()

    page.get_by_role("button", name="Enregistrer").click()
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("a changé pendant que vous la modifiiez")
    clash = page.get_by_role("group", name="Ville")
    expect(clash).to_contain_text("Brest")
    expect(clash).to_contain_text("Admin Test")
    expect(clash).to_contain_text("Lorient")
    expect(page.get_by_label("Note")).to_have_value("Tapé longuement")
    page.get_by_role("button", name="Enregistrer").click()
    expect(clash).to_contain_text("Choisissez l’une des deux valeurs")
    clash.get_by_role("radio", name="Vous, dans ce formulaire").check()
    page.get_by_role("button", name="Enregistrer").click()
    page.wait_for_url(f"**/crm/companies/{company.pk}/")
    with instance.rows():
        company.refresh_from_db()
    assert (company.city, company.note) == ("Quimper", "Tapé longuement")


def test_a_draft_survives_a_closed_tab(instance, company):
    instance.enter("sales", edit(company))
    tab = instance.page.context.new_page()
    tab.goto(instance.url + edit(company))
    tab.get_by_label("Note").fill("Presque fini")
    with tab.expect_response("**/crm/companies/draft/") as answer:
        expect(tab.locator("[data-draft-state]")).to_contain_text("Brouillon gardé", timeout=8000)
    assert answer.value.json()["kept"]
    tab.close()
    page = instance.page
    page.reload()
    expect(page.get_by_label("Note")).to_have_value("Ancienne")  # never silently
    page.get_by_role("link", name="Reprendre").click()
    expect(page.get_by_label("Note")).to_have_value("Presque fini")
    page.get_by_role("button", name="Enregistrer").click()
    page.wait_for_url(f"**/crm/companies/{company.pk}/")
    instance.open(edit(company))
    expect(page.get_by_role("link", name="Reprendre")).to_have_count(0)
    with instance.rows():
        company.refresh_from_db()
    assert company.note == "Presque fini"


def test_a_contact_gets_a_new_company_by_keyboard_alone(instance):
    page = instance.page
    with instance.rows():
        Company.objects.create(name="Menuiserie Kervella")
    instance.enter("sales", "/crm/contacts/new/")
    page.locator("#id_last_name").fill("Le Goff")
    box = page.get_by_role("combobox", name="Société")
    box.focus()
    page.keyboard.type("Kerv", delay=20)
    expect(page.get_by_role("option", name="Menuiserie Kervella")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="Créer « Kerv »")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    box.fill("")
    page.keyboard.type("Charpentes Riou", delay=10)
    expect(page.get_by_role("option", name="Créer « Charpentes Riou »")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Nouvelle société")
    name = dialog.get_by_label("Nom")
    expect(name).to_be_focused()
    expect(name).to_have_value("Charpentes Riou")
    name.fill("")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_be_focused()
    dialog.get_by_label("Nom").focus()
    page.keyboard.type("Charpentes Riou")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(box).to_have_value("Charpentes Riou")
    expect(box).to_be_focused()
    page.locator("#id_last_name").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Le Goff")
    with instance.rows():
        contact = Contact.objects.select_related("company").get()
    assert contact.company.name == "Charpentes Riou"


def test_escape_gives_up_the_dialog_and_keeps_the_text(instance):
    page = instance.page
    instance.enter("sales", "/crm/contacts/new/")
    box = page.get_by_role("combobox", name="Société")
    box.press_sequentially("Riou", delay=20)
    page.get_by_role("option", name="Créer « Riou »").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(box).to_be_focused()
    expect(box).to_have_value("Riou")
    expect(page.locator("[data-draft-state]")).to_contain_text("Brouillon gardé", timeout=8000)


def test_a_changed_form_asks_before_it_is_left_and_is_sent_once(instance, company):
    page = instance.page
    instance.enter("sales", edit(company))
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_label("Ville").fill("Quimper")
    page.get_by_role("link", name="Annuler").click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"] and page.url.endswith("/edit/")
    sent = []
    page.on(
        "request",
        lambda request: sent.append(request.url) if request.method == "POST" and "edit" in request.url else None,
    )
    page.evaluate("() => { const b = document.querySelector('.form-actions [type=submit]'); b.click(); b.click(); }")
    page.wait_for_url(f"**/crm/companies/{company.pk}/")
    assert len(sent) == 1 and asked == ["beforeunload"]


def test_a_form_of_more_than_five_megabytes_is_not_sent(instance, company):
    page = instance.page
    instance.enter("sales", edit(company))
    page.evaluate(
        "() => { document.querySelector('textarea').removeAttribute('maxlength'); document.querySelector('textarea').value = 'x'.repeat(6e6); }"
    )
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".toast.danger")).to_contain_text("plus de 5 Mo")
    assert page.url.endswith("/edit/")


def test_a_session_that_ended_loses_nothing_of_a_form(instance, company):
    page = instance.page
    instance.enter("sales", edit(company))
    page.get_by_label("Note").fill("Tapé longuement")
    page.get_by_label("Ville").fill("Quimper")
    page.context.clear_cookies(name="b2o_session")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre session est terminée")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Se connecter dans un nouvel onglet").click()
    again = type(instance)(instance.client, opened.value, instance.port)
    again.sign_in("sales")
    opened.value.close()
    page.get_by_role("button", name="Envoyer de nouveau").click()
    page.get_by_role(
        "button", name="Envoyer de nouveau"
    ).click()  # the token is older than the sign-in: asked once more
    page.wait_for_url(f"**/crm/companies/{company.pk}/")
    with instance.rows():
        company.refresh_from_db()
    assert (company.city, company.note) == ("Quimper", "Tapé longuement")
    expected_failures(instance)


def test_a_session_that_ended_loses_nothing_of_a_fact_in_place(instance, company):
    page = instance.page
    instance.enter("sales", f"/crm/companies/{company.pk}/")
    page.get_by_role("link", name="Modifier : Ville").press("Enter")
    field = page.locator("#fact-city input[name=city]")
    field.fill("Quimper")
    page.context.clear_cookies(name="b2o_session")
    field.press("Enter")
    expect(page.locator(".toast.danger")).to_contain_text("Votre session est terminée")
    expect(field).to_have_value("Quimper")
    tab = type(instance)(instance.client, page.context.new_page(), instance.port)
    tab.sign_in("sales")
    tab.page.close()
    page.evaluate("() => dispatchEvent(new Event('focus'))")
    field.press("Enter")  # at once: it awaits the new token
    expect(page.locator("#fact-city form")).to_have_count(0)
    with instance.rows():
        company.refresh_from_db()
    assert company.city == "Quimper"
    expected_failures(instance)
