"""The record in the states it can be in: see states.py."""

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.browser.states import LIST, State, press, then, walk
from tests.browser.worlds import fill


def edit_fact(name: str, value: str = ""):
    def act(page: Page) -> None:
        page.locator(f"#fact-{name} .fact-edit").press("Enter")
        expect(page.locator(f"#fact-{name} form")).to_be_visible()
        if value:
            page.locator(f"#fact-{name} [name={name}]").fill(value)
            page.keyboard.press("Enter")
            expect(page.locator(f"#fact-{name} [role=alert]")).to_be_visible()

    return act


def mention(page: Page) -> None:
    page.get_by_label("Nouvelle note").press_sequentially("Vu avec @")
    expect(page.get_by_role("option").first).to_be_visible()


def refuse_a_file(page: Page) -> None:
    page.locator("#files-input").set_input_files(
        {"name": "photo.png", "mimeType": "image/png", "buffer": b"MZ" + b"\0" * 99}
    )
    page.get_by_role("button", name="Ajouter", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("photo.png")


def too_large_a_file(page: Page) -> None:
    page.evaluate("() => { document.querySelector('.file-form').dataset.max = 10; }")
    page.locator("#files-input").set_input_files({"name": "plan.txt", "mimeType": "text/plain", "buffer": b"x" * 99})
    expect(page.locator("[data-file-error]")).to_be_visible()


def of_the_record(record: str) -> Iterator[State]:
    yield "record", record, None
    yield "record, menu", "", press("Autres actions")
    yield "record, editing", record, edit_fact("city")
    yield "record, editing a choice", record, edit_fact("relation")
    yield (
        "record, editing a look-up",
        record,
        then(
            edit_fact("parent"),
            lambda page: page.keyboard.type("mais"),
            lambda page: expect(page.get_by_role("option").first).to_be_visible(),
        ),
    )
    yield "record, refused in place", record, edit_fact("email", "pas une adresse")
    yield (
        "record, tag",
        record,
        then(
            lambda page: page.get_by_role("combobox", name="Ajouter une étiquette").fill("fid"),
            lambda page: expect(page.get_by_role("option").first).to_be_visible(),
        ),
    )
    yield "record, neighbours", f"{LIST}?q=riou", press("Charpentes Riou", "link")
    yield "record, related", f"{record}related/", None
    yield "record, notes", f"{record}notes/", None
    yield "record, mention", "", mention
    yield (
        "record, empty note",
        f"{record}notes/",
        then(press("Ajouter la note"), lambda page: expect(page.get_by_role("alert")).to_be_visible()),
    )
    yield "record, note corrected", f"{record}notes/", press("Corriger la note", "link")
    yield "record, files", f"{record}files/", None
    yield "record, file too large", "", too_large_a_file
    yield "record, file refused", f"{record}files/", refuse_a_file
    yield "record, history", f"{record}history/", None
    yield "record, all values", "", lambda page: page.locator("summary").first.click()
    yield "record, deletion", f"{record}delete/", None
    yield "record, to print", f"{record}print/", None
    yield (
        "record, saved",
        f"{record}edit/",
        then(
            lambda page: page.get_by_label("Ville").fill("Lorient"),
            press("Enregistrer"),
            lambda page: page.wait_for_url(f"**{record}"),
        ),
    )


def test_the_record(instance):
    company = fill(instance)
    instance.enter("sales", "/")
    walk(instance, of_the_record(f"{LIST}{company.pk}/"))
