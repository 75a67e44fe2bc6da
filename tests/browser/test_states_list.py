"""Lists in the states they can be in: see states.py for how the table is read, judging.py for what is judged."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from core.models import SavedView
from crm.models import Company
from tests.browser.states import LIST, On, State, dialog, press, then, tick, walk
from tests.browser.worlds import fill


def gesture(name: str):
    return then(tick(3), lambda page: page.locator(".bulkbar").get_by_role("button", name=name).click(), dialog)


def without_dialog(action: str):
    """The bulk bar sent as it is without the list's module: the form is a page of its own."""

    def act(page: Page) -> None:
        tick(2)(page)
        with page.expect_navigation():
            page.evaluate(
                """(action) => {
                  const form = document.querySelector('.bulkbar');
                  form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: 'action', value: action }));
                  HTMLFormElement.prototype.submit.call(form);
                }""",
                action,
            )

    return act


def palette(text: str):
    def act(page: Page) -> None:
        page.keyboard.press("Control+k")
        page.keyboard.type(text)
        page.wait_for_function("() => !document.querySelector('command-palette').pending")

    return act


def counted(page: Page) -> None:
    expect(page.locator("#facet-kind .count").first).not_to_be_empty()


def of_the_list(view: SavedView) -> Iterator[State | On]:
    yield "list", LIST, None
    yield "list, selection", "", tick(3)
    yield "list, everything filtered", "", lambda page: page.locator(".bulkbar .all").click()
    yield "list, facet", LIST, then(press("Nature"), counted)
    yield On("phone", "list, facet on a phone", LIST, then(press("Nature"), counted))
    yield "list, menu", LIST, press("Autres actions sur la liste")
    yield "list, no result", f"{LIST}?q=rien+de+tel", None
    yield "list, filtered", f"{LIST}?relation=customer&kind=public&kind=business&q=riou", None
    yield "list, notices", f"{LIST}?sort=nope&after=xxx&color=red&relation=nope", None
    yield "list, a saved view", f"{LIST}?view={view.pk}&q=maison", None
    yield "list, view to change", f"{LIST}?view={view.pk}&q=maison+000", then(press("Modifier la vue", "link"), dialog)
    yield (
        "list, view to remove",
        "",
        then(
            press("Supprimer la vue", "link"),
            lambda page: expect(page.get_by_role("dialog", name="Supprimer la vue")).to_be_visible(),
        ),
    )
    yield "list, view to save", f"{LIST}?q=maison", then(press("Enregistrer la vue", "link"), dialog)
    yield (
        "list, view without a name",
        "",
        then(
            lambda page: page.locator("dialog").get_by_role("button", name="Enregistrer").click(),
            lambda page: expect(page.get_by_role("alert")).to_be_visible(),
        ),
    )
    yield "list, columns", LIST, then(press("Choisir les colonnes", "link"), dialog)
    for name in ("Modifier", "Étiqueter", "Assigner", "Supprimer"):
        yield f"list, bulk {name}", LIST, gesture(name)
    yield "list, palette", LIST, palette("")
    yield "list, palette found", "", then(lambda page: page.keyboard.press("Escape"), palette("riou"))
    yield "list, palette none", "", then(lambda page: page.keyboard.press("Escape"), palette("zzzzzzz"))
    yield On("phone", "list, sorting", LIST, press("Trier"))
    yield On("phone", "menu", LIST, press("Menu"))
    yield On("desktop", "account menu", LIST, press("Admin Test"))
    yield On("desktop", "list, compact", LIST, press("Changer la densité"))
    yield On("desktop", "list, comfortable again", "", press("Changer la densité"))


def of_its_pages(view: SavedView) -> Iterator[State | On]:
    """What opens in a dialog is a page of its own without the list's module."""
    yield "columns", f"{LIST}columns/", None
    yield "view to save", f"{LIST}views/new/?q=maison", None
    yield "view without a name", "", press("Enregistrer")
    yield "view to change", f"{LIST}views/{view.pk}/", None
    yield "view to remove", f"{LIST}views/{view.pk}/delete/", None
    yield "list on paper", f"{LIST}print/", None
    for action in ("edit", "tag", "assign", "delete"):
        yield f"bulk {action}", LIST, without_dialog(action)
    yield "bulk, nothing chosen", LIST, then(without_dialog("edit"), lambda page: page.reload())


@pytest.fixture
def shown(gallery, gallery_client):
    """The module's client, filled once."""
    with gallery.rows():
        empty = not SavedView.objects.exists()
    if empty:
        fill(gallery)
    return gallery


def first_view(instance) -> SavedView:
    with instance.rows():
        return SavedView.objects.order_by("position").first()


def test_the_list(shown):
    shown.enter("administrator", LIST)
    walk(shown, of_the_list(first_view(shown)))


def test_the_lists_own_pages(shown):
    shown.enter("administrator", LIST)
    walk(shown, of_its_pages(first_view(shown)))


def test_empty_lists_and_who_only_reads(instance):
    instance.enter("reader", LIST)
    walk(instance, [("empty, reader", LIST, None), ("home, reader", "/", None)])
    with instance.rows():
        company = Company.objects.create(name="Charpentes Riou")
    record = f"{LIST}{company.pk}/"
    walk(instance, [(f"record, reader {part}", record + part, None) for part in ("", "notes/", "files/", "history/")])
    instance.enter("sales", "/crm/contacts/")
    empty = (
        "/crm/contacts/",
        "/imports/",
        "/jobs/",
        "/bin/",
        "/notifications/",
        f"{record}related/",
        "/crm/companies/import/",
    )
    walk(instance, [(f"empty {path}", path, None) for path in empty])
    instance.enter("administrator", "/extractions/")
    walk(
        instance,
        [(f"empty {path}", path, None) for path in ("/extractions/", "/mail/", "/settings/fields/", "/backups/")],
    )
