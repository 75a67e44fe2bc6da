"""The home page in a browser: arranged by keyboard and by pointer, read, clicked through; a record printed."""

import pytest
from playwright.sync_api import expect

from crm.models import Company


@pytest.fixture
def some_companies(instance):
    with instance.rows():
        Company.objects.bulk_create(
            [Company(name=f"Maison {n:02}", relation=("prospect", "customer")[n % 2]) for n in range(9)]
        )


def labels(page) -> list[str]:
    return [text.strip() for text in page.locator(".board .card h2").all_text_contents()]


def ready(page) -> None:
    """The tiles move where they are; pressed before their script is there, an arrow sends the whole page."""
    expect(page.locator("tile-board[data-ready]")).to_be_visible()


def in_order(page, *names) -> None:
    """The tiles are these, once the page that was asked for is there."""
    expect(page.locator(".board .card h2")).to_have_text(list(names))


def test_a_tile_is_moved_by_the_keyboard_and_stays_there(instance, some_companies):
    page = instance.page
    instance.enter("sales", "/")
    first, second, *rest = labels(page)
    page.get_by_role("link", name="Organiser").click()
    ready(page)
    arrow = page.get_by_role("button", name=f"Reculer : {first}")
    arrow.focus()
    with page.expect_response("**/home/tiles/"):
        page.keyboard.press("Enter")
    in_order(page, second, first, *rest)
    expect(arrow).to_be_focused()
    expect(page.get_by_role("status").filter(has_text=first)).to_have_text(f"{first} : place 2 sur {2 + len(rest)}")
    page.reload()
    in_order(page, second, first, *rest)
    page.get_by_role("link", name="Terminé").click()
    in_order(page, second, first, *rest)


def test_a_tile_is_dragged_removed_and_added_again(instance, some_companies):
    page = instance.page
    instance.enter("sales", "/?arrange=1")
    ready(page)
    first, second, *rest = labels(page)
    grips = page.locator(".grip")
    with page.expect_response("**/home/tiles/"):
        grips.nth(1).drag_to(grips.nth(0))
    page.reload()
    in_order(page, second, first, *rest)
    page.get_by_role("button", name=f"Retirer : {first}").click()
    expect(page.get_by_role("button", name=f"Reculer : {first}")).to_have_count(0)
    page.get_by_role("button", name=first, exact=True).click()
    expect(page.locator(".board .card h2").last).to_have_text(first)
    page.get_by_role("button", name="Tuiles d’origine").click()
    expect(page.locator(".board .card h2").first).to_have_text(first)
    in_order(page, first, second, *rest)


def test_figures_lead_to_the_lists_that_they_count(instance, some_companies):
    page = instance.page
    instance.enter("sales", "/")
    page.get_by_role("link", name="Client 4").click()
    expect(page.locator(".pager")).to_contain_text("sur 4")
    page.go_back()
    month = page.locator(".col.now").first
    month.focus()
    expect(month.locator(".val")).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    expect(page.locator(".pager")).to_contain_text("sur 9")
    expect(page.locator(".chip").first).to_contain_text("Création")


def test_the_figures_of_a_chart_are_a_table_too(instance, some_companies):
    page = instance.page
    instance.enter("sales", "/")
    page.get_by_text("Les chiffres en tableau").first.click()
    expect(page.locator(".card-table[open] tbody tr")).to_have_count(12)
    expect(page.locator(".card-table[open] tbody tr").first).to_contain_text("9")


def test_the_home_page_is_arranged_without_javascript(instance, some_companies, browser):
    instance.enter("sales", "/")
    context = browser.new_context(java_script_enabled=False, storage_state=instance.page.context.storage_state())
    page = context.new_page()
    page.goto(f"{instance.url}/?arrange=1")
    first, second, *rest = labels(page)
    page.get_by_role("button", name=f"Reculer : {first}").click()
    in_order(page, second, first, *rest)
    context.close()


def test_a_record_is_printed_from_its_menu(instance, some_companies):
    page = instance.page
    instance.enter("sales", "/crm/companies/")
    page.get_by_role("link", name="Maison 00").click()
    page.get_by_role("button", name="Autres actions").click()
    page.get_by_role("link", name="Imprimer la fiche").click()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Ouvrir le PDF").click()
    opened.value.close()
    kind, begins = page.evaluate("""async () => {
      const form = document.querySelector("main form");
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
      return [answer.headers.get("Content-Type"), (await answer.text()).slice(0, 5)];
    }""")
    assert (kind, begins) == ("application/pdf", "%PDF-")
