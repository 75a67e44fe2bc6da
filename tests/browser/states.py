"""The words of the tables of states (test_states_*.py): each line is a name, an address, and what is done there.

    yield "list, facet", LIST, press("Nature")

An empty address goes on from the state before. Each state is reached once and judged at both sizes in both themes (see
judging.py); `On("phone", …)` is one that exists at one size only. A new screen adds a line to the table of its kind.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from playwright.sync_api import Page, expect

from tests.browser.judging import SIZES, problems_of

LIST = "/crm/companies/"
Act = Callable[[Page], object]
State = tuple[str, str, Act | None]


class On(NamedTuple):
    """A state that exists at one size only."""

    size: str
    name: str
    path: str
    act: Act | None = None


def walk(instance, states: Iterable[State | On]) -> None:
    """Open each state, judge it, and say at the end all that was wrong anywhere."""
    found, page = [], instance.page
    page.on("dialog", lambda dialog: dialog.accept())  # leaving a form half filled
    for state in states:
        sizes, (name, path, act) = ([state.size], state[1:]) if isinstance(state, On) else (list(SIZES), state)
        page.set_viewport_size(SIZES[sizes[0]])
        if path:
            instance.open(path)
        if act:
            act(page)
        found += problems_of(page, name, sizes)
    assert not found, "\n".join(found)


def press(name: str, role="button", exact=False) -> Act:
    return lambda page: page.get_by_role(role, name=name, exact=exact).first.click()


def then(*steps: Act) -> Act:
    def act(page: Page) -> None:
        for step in steps:
            step(page)

    return act


def shown(text: str) -> Act:
    return lambda page: expect(page.get_by_text(text).first).to_be_visible(timeout=15000)


def dialog(page: Page) -> None:
    expect(page.locator("dialog[open]")).to_be_visible()


def alert(page: Page) -> None:
    """The errors are said, and have the focus."""
    expect(page.get_by_role("alert").first).to_be_focused()


def tick(count: int) -> Act:
    def act(page: Page) -> None:
        for place in range(count):
            page.locator('.table input[name="ids"]').nth(place).check()
        expect(page.locator(".bulkbar")).to_be_visible()

    return act
