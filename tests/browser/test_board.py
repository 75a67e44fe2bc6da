"""The board of deals in a browser: moved by keyboard, by menu and by pointer, lost with its reason."""

import pytest
from playwright.sync_api import expect

from core.accounts.models import User
from crm.models import Deal, Stage
from tests.browser.judging import SIZES, problems_of

BOARD = "/crm/deals/board/"


@pytest.fixture
def deals(instance):
    """Three of the first stage, the newest on top, and one of the second."""
    with instance.rows():
        first, second = Stage.objects.order_by("position")[:2]
        for name in ("Bardage", "Fenêtres", "Escalier"):
            Deal.objects.create(name=name, stage=first, amount=1000)
        Deal.objects.create(name="Terrasse", stage=second, amount=500)


def column(page, name):
    return page.locator(".col", has=page.get_by_role("heading", name=name))


def holds(page, name, *cards) -> None:
    expect(column(page, name).locator(".card-top a")).to_have_text(list(cards))


def state(instance, name) -> tuple[str, str]:
    with instance.rows():
        deal = Deal.objects.select_related("stage").get(name=name)
        return deal.stage.name, deal.state


def ready(page):
    expect(page.locator("kanban-board[data-ready]")).to_be_visible()


def test_a_card_is_moved_by_keyboard_menu_and_pointer(instance, deals):
    page = instance.page
    instance.sign_in("sales", BOARD)
    ready(page)
    holds(page, "À qualifier", "Escalier", "Fenêtres", "Bardage")
    # Taken, put elsewhere, put back: nothing happened.
    card = page.locator(".card", has_text="Escalier")
    card.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    holds(page, "À qualifier", "Escalier", "Fenêtres", "Bardage")
    expect(card).to_be_focused()
    # To the right, below the card that is there.
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-live]")).to_have_text("Étape Visite et métré, place 2 sur 2")
    with page.expect_response("**/stage/?*"):
        page.keyboard.press("Space")
    expect(column(page, "À qualifier").locator("[data-total]")).to_have_text("2\u202f000\u00a0€")
    assert state(instance, "Escalier") == ("Visite et métré", "open")
    page.reload()
    ready(page)
    holds(page, "Visite et métré", "Terrasse", "Escalier")
    # By the menu: won.
    page.locator(".card", has_text="Terrasse").hover()
    page.get_by_role("button", name="Déplacer « Terrasse » vers…").click()
    with page.expect_response("**/stage/?*"):
        page.get_by_role("menuitem", name="Gagnée").click()
    expect(page.locator(".toast")).to_contain_text("« Terrasse » est gagnée.")
    assert state(instance, "Terrasse") == ("Gagnée", "won")
    # By the pointer: lost, once it is said why.
    source = page.locator(".card", has_text="Bardage").bounding_box()
    target = column(page, "Perdue").locator(".cards").bounding_box()
    page.mouse.move(source["x"] + 40, source["y"] + 50)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(
            source["x"] + 40 + (target["x"] - source["x"]) * step / 8,
            source["y"] + 50 + (target["y"] + 20 - source["y"]) * step / 8,
        )
    page.mouse.up()
    dialog = page.get_by_role("dialog", name="Affaire perdue")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Ce qu’il faut en retenir").fill("Trop cher")
    dialog.get_by_role("button", name="Enregistrer").click()  # without a reason: told where it is asked
    expect(dialog.get_by_role("alert")).to_contain_text("Motif")
    expect(dialog.get_by_label("Ce qu’il faut en retenir")).to_have_value("Trop cher")
    holds(page, "À qualifier", "Fenêtres", "Bardage")
    dialog.get_by_label("Motif").select_option(label="Prix")
    dialog.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".toast")).to_contain_text("« Bardage » est perdue.")
    expect(column(page, "Perdue").locator(".card")).to_have_count(1)
    assert state(instance, "Bardage") == ("Perdue", "lost")


def test_the_sum_of_what_is_open_follows_filters_and_moves(instance, deals):
    page = instance.page
    instance.enter("sales", BOARD)
    ready(page)
    told = page.locator("#board-sum")
    expect(told).to_have_text("4 en cours · 3\u202f500\u00a0€")
    page.locator(".card", has_text="Bardage").hover()
    page.get_by_role("button", name="Déplacer « Bardage » vers…").click()
    page.get_by_role("menuitem", name="Gagnée").click()
    expect(told).to_have_text("3 en cours · 2\u202f500\u00a0€")
    page.get_by_role("searchbox").fill("terrasse")
    expect(told).to_have_text("1 en cours · 500\u00a0€")
    page.get_by_role("searchbox").fill("")
    expect(told).to_have_text("3 en cours · 2\u202f500\u00a0€")


def test_on_a_phone_the_board_scrolls_and_the_page_does_not(instance, deals):
    page = instance.page
    page.set_viewport_size(SIZES["phone"])
    with instance.rows():  # words for screen readers in a column far out of sight
        far = Stage.objects.filter(kind="open").order_by("position").last()
        owner = User.objects.get(email=f"sales@{instance.client.code}.example")
        Deal.objects.filter(name="Terrasse").update(stage=far, owner=owner)
    instance.enter("sales", BOARD)
    ready(page)
    assert page.locator(".kanban").evaluate("e => e.scrollWidth > e.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES["phone"]["width"]


def test_the_pages_of_deals_are_fit_for_everybody(instance, deals):
    page = instance.page
    instance.enter("administrator", BOARD)
    ready(page)
    with instance.rows():
        pk = Deal.objects.get(name="Terrasse").pk
    found = problems_of(page, "board")
    for path, name in (
        ("/crm/deals/forecast/", "forecast"),
        (f"/crm/deals/{pk}/", "deal"),
        ("/crm/pipelines/", "pipelines"),
    ):
        instance.open(path)
        found += problems_of(page, name)
    assert found == []
