"""A page is used before its scripts are there, as on a slow line or a busy machine: nothing done by then is lost."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from crm.models import Company

LIST = "/crm/companies/"


@pytest.fixture
def companies(instance) -> None:
    with instance.rows():
        Company.objects.bulk_create([Company(name=f"Maison {n:03d}", city="Brest") for n in range(9)])
        Company.objects.create(name="Charpentes Riou", city="Quimper", kind="public")
    instance.enter("sales", "/")


@pytest.fixture
def slow_line(instance) -> Callable[[str], Callable[[], None]]:
    """`scripts_come = slow_line(path)`: the page is shown, its scripts are held back until `scripts_come()`."""

    def open_page(path: str) -> Callable[[], None]:
        held = []
        instance.page.route("**/js/app.js", lambda route: held.append(route))
        instance.page.goto(instance.url + path, wait_until="commit")
        expect(instance.page.locator("main")).to_be_visible()

        def release() -> None:
            instance.page.wait_for_function("() => document.readyState === 'interactive'")
            for route in held:
                route.continue_()

        return release

    return open_page


def test_what_was_typed_in_a_list_is_searched(instance, companies, slow_line):
    page = instance.page
    scripts_come = slow_line(LIST)
    page.get_by_role("searchbox").press_sequentially("riou")
    scripts_come()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q=riou\b"))


def test_a_facet_opened_and_ticked_filters_and_shows_its_counts(instance, companies, slow_line):
    page = instance.page
    scripts_come = slow_line(LIST)
    page.get_by_role("button", name="Nature").click()
    page.locator("#facet-kind").get_by_label("Entreprise").check()
    scripts_come()
    expect(page.locator("tbody tr")).to_have_count(9)
    expect(page.locator("#facet-kind label").filter(has_text="Entreprise")).to_contain_text("9")


def test_rows_ticked_are_chosen(instance, companies, slow_line):
    page = instance.page
    scripts_come = slow_line(LIST)
    for place in (1, 3):
        page.locator('.table input[name="ids"]').nth(place).check()
    scripts_come()
    expect(page.locator(".bulkbar output")).to_have_text("2")


def test_a_look_up_proposes_and_the_form_knows_that_it_was_filled(instance, companies, slow_line):
    page = instance.page
    scripts_come = slow_line("/crm/contacts/new/")
    page.get_by_role("combobox", name="Société").press_sequentially("riou")
    scripts_come()
    page.get_by_role("option", name="Charpentes Riou").click()
    expect(page.locator("input[name=company]")).not_to_have_value("")
    assert page.evaluate("() => !dispatchEvent(new Event('beforeunload', { cancelable: true }))"), "left without a word"


def test_htmx_does_not_wait_for_a_late_timer(instance, companies):
    """On a busy machine the timer by which htmx starts came up to 5 s after the page's own keys."""
    page = instance.page
    page.add_init_script(
        "const wait = setTimeout; window.setTimeout = (act, time, ...rest) => wait(act, time ?? 60000, ...rest);"
    )
    instance.open(LIST)
    page.keyboard.press("/")
    page.keyboard.type("riou")
    expect(page.locator("tbody tr")).to_have_count(1)
