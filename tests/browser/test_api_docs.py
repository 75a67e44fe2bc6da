"""The API's documentation, read as people do: found, filtered, copied, on a phone too."""

from tests.browser.conftest import SIZES


def test_an_operation_is_found_and_its_request_copied(instance):
    page = instance.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    instance.enter("administrator", "/")
    page.get_by_role("button", name="Admin Test").click()
    page.get_by_role("link", name="API").click()
    contents = page.get_by_role("navigation", name="Sommaire de la documentation")
    contents.get_by_label("Filtrer le sommaire").fill("créer cont")
    assert contents.get_by_role("link").all_inner_texts() == ["Créer un contact\nPOST"]
    contents.get_by_label("Filtrer le sommaire").fill("zzz")
    assert contents.get_by_text("Rien ne correspond.").is_visible()
    contents.get_by_label("Filtrer le sommaire").fill("CREER cont")
    contents.get_by_role("link").click()
    page.wait_for_url("**/api/docs/crm/contacts/#crm_contact_create")
    section = page.locator("#crm_contact_create")
    section.get_by_role("button", name="Copier").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"curl -X POST {instance.url}/api/crm/contacts/") and '"last_name": "Le Goff"' in copied


def test_on_a_phone_the_contents_are_one_touch_away(instance):
    page = instance.page
    instance.enter("administrator", "/api/docs")
    page.set_viewport_size(SIZES["phone"])
    contents = page.locator("#docs-nav")
    assert not contents.is_visible()
    page.get_by_role("button", name="Sommaire").click()
    contents.get_by_text("Contacts", exact=True).click()
    contents.get_by_role("link", name="Lire un contact").click()
    page.wait_for_url("**/api/docs/crm/contacts/#crm_contact_retrieve")
    assert not contents.is_visible()
