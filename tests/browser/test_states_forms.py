"""Forms in the states they can be in, two people on one record and drafts among them: see states.py."""

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from crm.models import Company
from tests.browser.states import LIST, State, alert, dialog, press, then, walk
from tests.browser.worlds import fill


def fill_wrongly(page: Page) -> None:
    page.locator("#id_siret").fill("73282932000075")
    page.locator("#id_email").fill("pas une adresse")
    page.get_by_role("button", name="Créer la fiche").click()
    alert(page)


def look_up(text: str):
    def act(page: Page) -> None:
        box = page.get_by_role("combobox", name="Société")
        box.fill("")
        box.press_sequentially(text)
        expect(page.get_by_role("option").first).to_be_visible()

    return act


def keep_a_draft(page: Page) -> None:
    page.get_by_label("Note").fill("Tapé longuement, puis quitté")
    with page.expect_response("**/draft/"):
        page.evaluate("() => dispatchEvent(new Event('pagehide'))")


def of_forms(instance, company: Company) -> Iterator[State]:
    edit = f"{LIST}{company.pk}/edit/"
    yield "form, new", f"{LIST}new/", None
    yield "form, wrong", "", fill_wrongly
    yield "form, look-up", "/crm/contacts/new/", look_up("riou")
    yield "form, look-up that creates", "", look_up("zzzz")
    yield "form, quick", "", then(press("Créer « zzzz »", "option"), dialog)
    yield (
        "form, quick refused",
        "",
        then(
            lambda page: page.get_by_role("dialog").get_by_label("Nom").first.fill(""),
            press("Créer et choisir"),
            lambda page: expect(page.locator("dialog").get_by_role("alert")).to_be_focused(),
        ),
    )
    yield "form, edit", edit, None

    def conflict(page: Page) -> None:
        page.get_by_label("Ville").fill("Vannes")
        with instance.rows():
            Company.objects.filter(pk=company.pk).update(city="Auray", phone="+33297000000")
        page.get_by_role("button", name="Enregistrer").click()
        alert(page)

    yield "form, conflict", edit, conflict
    yield "form, conflict unchosen", "", press("Enregistrer")
    yield (
        "form, drafts",
        edit,
        then(
            keep_a_draft,
            lambda page: page.reload(),
            lambda page: expect(page.get_by_role("link", name="Reprendre").first).to_be_visible(),
        ),
    )
    yield "form, resumed", "", press("Reprendre", "link")

    def gone(page: Page) -> None:
        page.get_by_label("Ville").fill("Vannes")
        with instance.rows():
            Company.objects.filter(pk=company.pk).delete()
        page.get_by_role("button", name="Enregistrer").click()
        alert(page)

    yield "form, gone", edit, gone


def test_forms(instance):
    fill(instance)
    with instance.rows():
        company = Company.objects.create(name="Menuiserie Kervella", city="Brest")
    instance.enter("sales", "/")
    walk(instance, of_forms(instance, company))
