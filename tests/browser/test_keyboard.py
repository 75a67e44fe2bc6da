"""A day's work without a pointer: from sign-in to a saved form, the focus always seen and never lost."""

import re

from playwright.sync_api import expect

from crm.models import Company
from tests.conftest import PASSWORD

# Where the focus is: said when it is nowhere, out of sight, under something else, or not marked.
FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return 'the focus is nowhere';
  const name = `${e.tagName.toLowerCase()} « ${(e.ariaLabel || e.name || e.textContent).trim().slice(0, 50)} »`;
  const box = e.getBoundingClientRect(), style = getComputedStyle(e);
  if (!e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || !box.width) return `not seen: ${name}`;
  const x = Math.min(box.right, innerWidth) / 2 + Math.max(box.left, 0) / 2, y = Math.min(box.bottom, innerHeight) / 2 + Math.max(box.top, 0) / 2;
  const on = document.elementFromPoint(x, y);
  if (!on || !(e.contains(on) || on.contains(e) || e.labels?.[0]?.contains(on))) return `under ${on?.className || on?.tagName}: ${name}`;
  // The palette's one field has the caret.
  const marked = (s) => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1;
  if (!marked(style) && !e.matches('[tabindex="-1"], .palette input'))
    return `not marked: ${name}`;
  return '';
}"""
STILL = "Promise.all(document.getAnimations().map((a) => a.finished.catch(() => null))).then(() => null)"


class Hands:
    """Two hands on a keyboard, and eyes on the focus."""

    def __init__(self, page):
        self.page = page

    def look(self) -> None:
        self.page.evaluate(STILL)
        assert (wrong := self.page.evaluate(FOCUS)) == "", wrong

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text, delay=5)

    def tab_to(self, target, key: str = "Tab", most: int = 90) -> None:
        """Press Tab until the focus is there; each stop on the way must show."""
        for _ in range(most):
            self.press(key)
            self.look()
            if target.count() and target.first.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"{key} × {most} does not reach {target}")

    def palette(self, text: str, option: str) -> None:
        self.press("Control+k")
        self.write(text)
        expect(self.page.get_by_role("option", name=option).first).to_have_attribute("aria-selected", "true")
        self.look()
        self.press("Enter")


def test_a_whole_path_by_keyboard_only(instance):
    with instance.rows():
        Company.objects.bulk_create([Company(name=f"Maison {n:03d}", city="Brest") for n in range(12)])
        Company.objects.create(name="Maison 100", city="Quimper", kind="public")
    page, hands = instance.page, Hands(instance.page)
    rows = page.locator("tbody tr")
    boxes = page.locator('.table input[name="ids"]')

    # Signing in: the first field has the focus.
    instance.open("/account/login/?next=/")
    expect(page.get_by_label("Adresse e-mail")).to_be_focused()
    hands.write("sales@vitrine.example")
    hands.tab_to(page.get_by_label("Mot de passe"))
    hands.write(PASSWORD)
    hands.press("Enter")
    page.wait_for_url(f"{instance.url}/")

    # The list, by the palette; Escape gives it up and the page is as before.
    hands.press("Control+k", "Escape")
    expect(page.locator("dialog.palette")).to_be_hidden()
    hands.palette("societes", "Sociétés")
    page.wait_for_url("**/crm/companies/")

    # Search as one types: the field keeps the focus and the text.
    hands.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    hands.write("maison")
    page.wait_for_url("**q=maison**")
    expect(search).to_be_focused()
    hands.look()

    # A facet: opened, ticked, closed; the focus stays in the menu, then goes back to its button.
    facet = page.get_by_role("button", name=re.compile("^Nature"))
    hands.tab_to(facet)
    hands.press("Enter")
    option = page.get_by_role("checkbox", name="Entreprise")
    hands.tab_to(option)
    hands.press("Space")
    expect(rows).to_have_count(12)
    expect(option).to_be_focused()
    hands.look()
    hands.press("Escape")
    expect(page.locator("#facet-kind")).to_be_hidden()
    expect(facet).to_be_focused()

    # Sorting keeps the focus on the heading.
    heading = page.locator("thead").get_by_role("link", name="Société")
    hands.tab_to(heading)
    hands.press("Enter")
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Société")
    expect(heading).to_be_focused()

    # Rows chosen with the space bar, and with Shift from one to the other.
    hands.tab_to(boxes.nth(1))
    hands.press("Space")
    expect(page.locator(".bulkbar output")).to_have_text("1")
    hands.tab_to(boxes.nth(3))
    hands.press("Shift+Space")
    expect(page.locator(".bulkbar output")).to_have_text("3")
    hands.look()

    # Tagged all at once, in a dialog that gives the focus back when it is given up.
    gesture = page.locator(".bulkbar").get_by_role("button", name="Étiqueter")
    hands.tab_to(gesture)
    hands.press("Enter")
    dialog = page.get_by_role("dialog", name="Étiqueter la sélection")
    expect(dialog.get_by_label("Étiquettes", exact=False).first).to_be_focused()
    hands.press("Escape")
    expect(dialog).to_be_hidden()
    expect(gesture).to_be_focused()
    hands.press("Enter")
    expect(dialog.get_by_label("Étiquettes", exact=False).first).to_be_focused()
    hands.write("Salon")
    hands.press("Enter")
    expect(page.locator(".table .tag").first).to_have_text("Salon")

    # A record from the list, and a fact changed in place.
    page.wait_for_load_state()
    hands.press("j")
    hands.look()
    hands.press("j")
    hands.look()
    hands.press("Enter")
    title = page.get_by_role("heading", level=1)
    expect(title).to_contain_text("Maison 010")
    hands.tab_to(page.get_by_role("link", name="Modifier : Ville"))
    hands.press("Enter")
    expect(page.locator("#fact-city input[name=city]")).to_be_focused()
    hands.look()
    hands.press("Control+a")
    hands.write("Douarnenez")
    hands.press("Enter")
    expect(page.locator("#fact-city")).to_contain_text("Douarnenez")
    expect(page.get_by_role("link", name="Modifier : Ville")).to_be_focused()
    hands.look()

    # A tag taken off gives the focus to the field beside it.
    hands.tab_to(page.get_by_role("button", name="Retirer l’étiquette Salon"))
    hands.press("Enter")
    expect(page.locator("#record-tags .tag")).to_have_count(0)
    hands.look()

    # A note that names somebody.
    hands.tab_to(
        page.get_by_role("navigation", name="Parties de la fiche").get_by_role("link", name="Notes"), "Shift+Tab"
    )
    hands.press("Enter")
    note = page.get_by_label("Nouvelle note")
    expect(note).to_be_visible()
    hands.tab_to(note)
    hands.write("Vu avec @rea")
    expect(page.get_by_role("option", name="Reader Test")).to_be_visible()
    hands.press("Enter")
    hands.write("hier")
    hands.look()
    hands.tab_to(page.get_by_role("button", name="Ajouter la note"))
    hands.press("Enter")
    expect(page.locator(".note .mention")).to_have_text("@Reader Test")

    # The next record of the list, then deleted, then back.
    hands.tab_to(page.get_by_role("link", name="Fiche suivante"), "Shift+Tab")
    hands.press("Enter")
    expect(title).to_contain_text("Maison 009")
    hands.tab_to(page.get_by_role("button", name="Autres actions"))
    hands.press("Enter")
    hands.tab_to(page.locator("#record-menu").get_by_role("link", name="Supprimer"))
    hands.press("Enter")
    confirm = page.get_by_role("button", name="Supprimer la fiche")
    expect(confirm).to_be_visible()
    hands.tab_to(confirm)
    hands.press("Enter")
    undo = page.locator(".toast").get_by_role("button", name="Annuler")
    expect(undo).to_be_visible()
    hands.tab_to(undo, "Shift+Tab")
    hands.press("Enter")
    expect(title).to_contain_text("Maison 009")

    # A new one by the palette: the errors take the focus and lead to their field.
    hands.palette("nouvelle soc", "Nouvelle société")
    name = page.locator("#id_name")
    expect(name).to_be_visible()
    hands.tab_to(page.get_by_role("button", name="Créer la fiche"))
    hands.press("Enter")
    expect(page.get_by_role("alert").first).to_be_focused()
    hands.look()
    hands.tab_to(page.get_by_role("alert").get_by_role("link", name="Nom").first)
    hands.press("Enter")
    expect(name).to_be_focused()
    hands.look()
    hands.write("Charpentes Riou")
    hands.press("Enter")
    expect(title).to_contain_text("Charpentes Riou")
    with instance.rows():
        assert Company.objects.filter(name__in=["Charpentes Riou", "Maison 009"]).count() == 2
