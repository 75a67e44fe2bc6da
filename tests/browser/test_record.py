"""The record in a browser: facts in place by the keyboard, notes, files by drag and drop, tags, undo of a deletion."""

import base64
import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from core.models import Attachment, Note, Notification
from crm.models import Company, Contact

DROP = """([zone, name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  const target = document.querySelector(zone);
  for (const kind of ["dragover", "drop"]) target.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def record(instance):
    with instance.rows():
        company = Company.objects.create(name="Charpentes Riou", city="Quimper", relation="prospect")
        Contact.objects.create(first_name="Yann", last_name="Le Goff", company=company)
    return f"/crm/companies/{company.pk}/"


def test_a_fact_is_changed_by_the_keyboard_alone(instance, record):
    page = instance.page
    instance.enter("sales", record)
    pencil = page.get_by_role("link", name="Modifier : Ville")
    pencil.focus()
    page.keyboard.press("Enter")
    field = page.locator("#fact-city input[name=city]")
    expect(field).to_be_focused()
    field.fill("Douarnenez")
    page.keyboard.press("Enter")
    expect(page.locator("#fact-city")).to_contain_text("Douarnenez")
    expect(page.get_by_role("link", name="Modifier : Ville")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("#fact-city input[name=city]").fill("Nulle part")
    page.keyboard.press("Escape")
    expect(page.locator("#fact-city")).to_contain_text("Douarnenez")
    expect(page.locator("#fact-city form")).to_have_count(0)
    with instance.rows():
        assert Company.objects.get().city == "Douarnenez"


def test_a_click_on_a_fact_opens_it_and_a_wrong_value_says_why(instance, record):
    page = instance.page
    with instance.rows():
        Company.objects.bulk_create(Company(name=f"Menuiserie {n}", relation="prospect") for n in range(6))
    instance.enter("sales", record)
    page.locator("#fact-email dd").click()
    page.locator("#fact-email input[name=email]").fill("pas une adresse")
    page.keyboard.press("Enter")
    expect(page.locator("#fact-email .errorlist")).to_be_visible()
    page.locator("#fact-email input[name=email]").fill("contact@riou.example")
    page.keyboard.press("Enter")
    expect(page.locator("#fact-email")).to_contain_text("contact@riou.example")
    page.locator("#fact-relation dd").click()
    page.locator("#fact-relation select").select_option("customer")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#record-head")).to_contain_text("Client")
    page.locator("#fact-parent dd").click()
    expect(page.locator("#fact-parent [role=combobox]")).to_be_focused()
    # What it finds is all in sight, though the field is at the bottom.
    page.keyboard.type("Menuiserie")
    expect(page.get_by_role("option")).to_have_count(7)  # the last one creates
    expect(page.get_by_role("listbox")).to_be_in_viewport(ratio=1)


def test_a_colleague_is_named_in_a_note_and_told(instance, record):
    page = instance.page
    instance.enter("sales", f"{record}notes/")
    page.get_by_label("Nouvelle note").press_sequentially("Vu avec @rea", delay=30)
    option = page.get_by_role("option", name="Reader Test")
    expect(option).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.type("hier")
    expect(page.get_by_label("Nouvelle note")).to_have_value("Vu avec @Reader Test hier")
    page.get_by_role("button", name="Ajouter la note").click()
    expect(page.locator(".note .mention")).to_have_text("@Reader Test")
    with instance.rows():
        assert Notification.objects.get().person.email == "reader@vitrine.example"
        assert len(Note.objects.get().mentions) == 1
    page.context.clear_cookies()
    instance.enter("reader", "/")
    page.get_by_role("link", name="Notifications : 1 non lue").click()
    page.get_by_role("button", name="Sales Test vous a cité").first.click()
    page.wait_for_url(f"**{record}notes/")
    expect(page.get_by_role("link", name="Notifications", exact=True)).to_be_visible()


def test_a_file_is_dropped_shown_and_deleted(instance, record):
    page = instance.page
    instance.enter("sales", f"{record}files/")
    data = base64.b64encode(photo()).decode()
    page.evaluate(
        "customElements.whenDefined('mention-box').then(() => {})"
    )  # nobody drops before the page can take it
    page.evaluate(DROP, [".record > .scroll", "façade.png", "image/png", data])
    expect(page.locator(".file")).to_contain_text("façade.png")
    assert page.locator(".file img").evaluate("image => image.complete && image.naturalWidth") > 0
    with instance.rows():
        assert Attachment.objects.get().kind == "png"
    with page.context.expect_page() as opened:
        page.locator(".file-open").click()
    opened.value.wait_for_load_state()
    assert "/files/" in opened.value.url
    opened.value.close()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Supprimer façade.png").click()
    expect(page.locator(".file")).to_have_count(0)


def test_a_tag_is_made_put_on_and_taken_off(instance, record):
    page = instance.page
    instance.enter("sales", record)
    box = page.get_by_role("combobox", name="Ajouter une étiquette")
    box.fill("Fidèle")
    box.press("Enter")
    expect(page.locator("#record-tags .tag")).to_have_text("Fidèle")
    expect(page.get_by_role("combobox", name="Ajouter une étiquette")).to_be_focused()
    page.get_by_role("button", name="Retirer l’étiquette Fidèle").click()
    expect(page.locator("#record-tags .tag")).to_have_count(0)
    instance.open(f"{record}history/")
    expect(page.locator("main")).to_contain_text("a posé l’étiquette Fidèle")


def test_a_deletion_is_undone_from_its_message(instance, record):
    page = instance.page
    instance.enter("sales", f"{record}delete/")
    page.get_by_role("button", name="Supprimer").last.click()
    toast = page.locator(".toast")
    expect(toast).to_contain_text("dans la corbeille")
    toast.get_by_role("button", name="Annuler").click()
    page.wait_for_url(f"**{record}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Charpentes Riou")
    with instance.rows():
        assert Contact.objects.get().company is not None


def test_a_former_value_is_put_back(instance, record):
    page = instance.page
    with instance.rows():
        Company.objects.update(city="Brest")
    instance.enter("sales", f"{record}history/")
    page.get_by_role("button", name="Rétablir cette valeur").first.click()
    expect(page.locator("#fact-city")).to_contain_text("Quimper")
