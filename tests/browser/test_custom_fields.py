"""Custom fields in a browser: made, ordered, filled in, filtered."""

import re

from playwright.sync_api import expect

from core.models import CustomField
from crm.models import Company
from crm.resources import CompanyResource
from tests.browser.conftest import SIZES
from tests.core.custom_fields import make_field

URL = "/settings/fields/"


def test_a_choice_is_made_with_its_options_and_its_preview(instance):
    page = instance.page
    instance.enter("administrator", URL)
    page.get_by_role("link", name="Nouveau champ").first.click()
    page.get_by_role("link", name="Choix Une seule réponse").click()
    page.get_by_label("Nom", exact=False).first.fill("Couleur")
    page.get_by_label("Option 1").fill("Bleu")
    page.get_by_label("Option 1").press("Enter")
    page.keyboard.type("Rouge")
    page.get_by_role("button", name="Ajouter une option").click()
    preview = page.locator("[data-preview]")
    expect(preview).to_contain_text("Couleur")
    expect(preview.locator("option", has_text="Rouge")).to_have_count(1)
    page.locator("[data-option-remove]").nth(2).click()
    expect(page.get_by_text("Pourquoi ne l’est-elle pas")).to_be_hidden()
    page.get_by_role("radio", name="Non").check()
    page.get_by_label("Pourquoi ne l’est-elle pas", exact=False).fill("une couleur de peinture")
    page.get_by_role("button", name="Créer le champ").click()
    expect(page.get_by_role("link", name=re.compile("Couleur"))).to_be_visible()
    with instance.rows():
        assert [option["label"] for option in CustomField.objects.get().options] == ["Bleu", "Rouge"]


def test_fields_are_moved_by_their_arrows_and_dragged(instance):
    with instance.rows():
        for label in ("Un", "Deux", "Trois"):
            make_field(CompanyResource, label=label)
    page = instance.page
    instance.enter("administrator", URL)
    names = page.locator(".field-list .what b")
    expect(page.locator("form[data-order][data-ready]")).to_be_visible()
    page.get_by_role("button", name="Descendre : Un").click()
    expect(names).to_have_text(["Deux", "Un", "Trois"])
    expect(page.get_by_text("L’ordre est gardé.")).to_be_visible()
    # As a hand does: held over the first place until the row has gone there. While rows move aside nothing is taken.
    page.locator(".grip").nth(2).hover()
    page.mouse.down()
    place = page.locator(".grip").first.bounding_box()
    for step in range(40):
        page.mouse.move(place["x"] + 5 + step % 2, place["y"] + 5)
        if names.first.text_content() == "Trois":
            break
        page.wait_for_timeout(50)
    with page.expect_response("**/fields/order/"):
        page.mouse.up()
    expect(names.first).to_have_text("Trois")
    page.reload()
    expect(names.first).to_have_text("Trois")


def test_the_list_filters_by_them_in_one_menu(instance):
    with instance.rows():
        money = make_field(CompanyResource, "money", label="Budget", filterable=True, in_list=True)
        colour = make_field(CompanyResource, "choice", label="Couleur", filterable=True, in_list=True, sortable=True)
        for number in range(12):
            Company.objects.create(
                name=f"Maison {number:02}", custom={money.key: number * 100, colour.key: f"o{1 + number % 3}"}
            )
    page = instance.page
    instance.enter("sales", "/crm/companies/")
    page.get_by_role("button", name="Champs propres").click()
    page.locator("summary", has_text="Couleur").click()
    expect(page.locator("label", has_text="Rouge vif").locator(".count")).to_have_text("4")
    page.get_by_label("Rouge vif").check()
    expect(page.locator(".pager")).to_contain_text("1–4")
    page.locator("summary", has_text="Budget").click()
    page.get_by_label("Au moins").fill("500")
    page.get_by_label("Au moins").press("Tab")
    expect(page.locator(".pager")).to_contain_text("1–2")
    page.keyboard.press("Escape")
    expect(page.locator(".chips")).to_contain_text("≥ 500")
    page.get_by_role("link", name="Couleur", exact=True).click()
    expect(page.locator('th[aria-sort="ascending"]')).to_contain_text("Couleur")
    page.set_viewport_size(SIZES["phone"])
    page.get_by_role("button", name="Champs propres").click()


def test_a_fact_is_changed_where_it_stands(instance):
    with instance.rows():
        field = make_field(CompanyResource, "choices", label="Certifications")
        row = Company.objects.create(name="Charpentes Riou", custom={field.key: ["o1"]})
    page = instance.page
    instance.enter("sales", f"/crm/companies/{row.pk}/")
    fact = page.locator(f"#fact-{field.key}")
    fact.hover()
    fact.get_by_role("link", name="Modifier : Certifications").click()
    fact.get_by_label("Rouge vif").check()
    fact.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(f"#fact-{field.key} form")).to_have_count(0)
    expect(page.locator(f"#fact-{field.key} .tag")).to_have_text(["Bleu nuit", "Rouge vif"])
    with instance.rows():
        assert Company.objects.get().custom == {field.key: ["o1", "o2"]}
