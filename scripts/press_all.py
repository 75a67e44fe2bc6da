"""Press every button once, as each person of the demo, on a desktop and a phone: `make demo`, then

    python -m scripts.press_all http://atelier.localhost:8000 PASSWORD [admin commercial lecture] [--minutes 10]

Pages are found by following links (one of each kind: figures in an address count as one). On each, every button is
pressed on a fresh copy of the page. Forms are sent too; what ends the session or destroys for good is left alone.
Said at the end: errors of the console, answers of 400 and more, buttons that did nothing.
"""

import argparse
import re
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field

from playwright.sync_api import Error, Page, Request, Response, sync_playwright

from scripts.browser import find_or_install

SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
LEFT_ALONE = re.compile(r"logout|destruction|Se déconnecter|Détruire|Supprimer définitivement", re.I)
# What can be pressed: where it is in the document, what it is called. Links that lead elsewhere are pages to visit.
PRESSABLE = """() => [...document.querySelectorAll('button, summary, a[data-dialog], [role=button]')].map((e, n) => {
  e.dataset.pressed = n;
  const away = 'dialog:not([open]), [popover]:not(:popover-open), [inert]';
  return {
    n, name: (e.ariaLabel || e.textContent).trim().replace(/\\s+/g, ' ').slice(0, 60),
    shown: e.checkVisibility({ visibilityProperty: true }) && !e.closest(away) && !e.disabled,
    form: e.form?.getAttribute('action') ?? '', menu: e.closest('[popover]')?.id ?? '',
  };
})"""
# A press that changes nothing: neither the document, nor what has the focus, nor what was asked or sent.
WATCH = """() => {
  window.pressed = 0;
  const note = () => { window.pressed += 1; };
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(note).observe(document, all);
  for (const name of ['toggle', 'submit', 'change', 'input', 'invalid', 'close'])
    document.addEventListener(name, note, true);
}"""
LINKS = """(origin) => [...document.querySelectorAll('a[href]')]
  .map((a) => new URL(a.getAttribute('href'), location).href)
  .filter((href) => href.startsWith(origin + '/')).map((href) => href.slice(origin.length).split('#')[0])"""


def kind(url: str) -> str:
    """What pages with other rows or other filters have in common."""
    path, _, query = url.partition("?")
    return re.sub(r"\d+", "0", path) + ("?arrange" if "arrange=" in query else "")


@dataclass
class Walk:
    page: Page
    origin: str
    until: float
    found: list[str] = field(default_factory=list)
    presses: int = 0
    doing: str = ""

    def listen(self) -> None:
        self.page.on("console", lambda message: message.type == "error" and self.note(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: "Transition was aborted" in str(error) or self.note(f"error: {error}"))
        self.page.on("response", self.answered)
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.on("download", lambda download: download.cancel())
        self.page.context.on("page", lambda other: other is self.page or other.close())

    def answered(self, response: Response) -> None:
        if response.status >= 400:
            self.note(f"{response.status} {response.request.method} {response.url.removeprefix(self.origin)}")

    def note(self, text: str) -> None:
        self.found.append(f"{self.doing}: {text}")

    def open(self, path: str) -> None:
        self.page.goto(self.origin + path)
        self.settle()

    def settle(self) -> None:
        with suppress(Error):  # a page that asks again and again, of a job for one, is never idle
            self.page.wait_for_load_state("networkidle", timeout=3000)

    def links(self) -> list[str]:
        return self.page.evaluate(LINKS, self.origin)

    def visit(self, path: str, done: set[str]) -> list[str]:
        """Press what was not yet pressed on a page of its kind; gives the addresses it leads to."""
        self.doing = path
        self.open(path)
        found = self.links()
        for what in self.page.evaluate(PRESSABLE):
            key = f"{kind(path)} {re.sub(r'[0-9]+', '0', what['name'])} {kind(what['form'])} {what['menu']}"
            if key in done or LEFT_ALONE.search(f"{what['name']} {what['form']}") or time.monotonic() > self.until:
                continue
            if not what["shown"] and not what["menu"]:
                continue
            done.add(key)
            self.press(path, what)
            found += self.links()
        return found

    def press(self, path: str, what: dict) -> None:
        self.doing = f"{path} « {what['name']} »"
        self.open(path)
        same = [
            one["n"]
            for one in self.page.evaluate(PRESSABLE)
            if one["name"] == what["name"] and one["menu"] == what["menu"]
        ]
        if not same:  # an earlier press took it away
            return
        nearest = min(same, key=lambda n: abs(n - what["n"]))
        button = self.page.locator(f'[data-pressed="{nearest}"]')
        opener = self.page.locator(f'[popovertarget="{what["menu"]}"]:visible')
        if what["menu"] and not button.is_visible() and opener.count():
            opener.first.click()
        if not button.is_visible():
            return
        self.page.evaluate(WATCH)
        before, asked = self.page.url, []

        def note(request: Request) -> None:
            asked.append(request.url)

        self.page.on("request", note)
        try:
            button.click(timeout=4000)
            self.page.wait_for_timeout(150)
            self.settle()
            self.presses += 1
            if not (self.page.url != before or asked or self.page.evaluate("window.pressed ?? 1")):
                self.note("nothing happens")
        except Error as error:
            self.note(f"cannot be pressed: {str(error).splitlines()[0]}")
        finally:
            self.page.remove_listener("request", note)


def walk(walk: Walk, first: str = "/", most: int = 400) -> int:
    """Every kind of page from the first one on. The number of pages."""
    waiting, seen, done = [first], {kind(first)}, set()
    pages = 0
    while waiting and pages < most and time.monotonic() < walk.until:
        path = waiting.pop(0)
        pages += 1
        try:
            leads = walk.visit(path, done)
        except Error as error:
            walk.note(f"{str(error).splitlines()[0]}")
            continue
        for url in leads:
            if kind(url) not in seen and not LEFT_ALONE.search(url):
                seen.add(kind(url))
                waiting.append(url)
    return pages


def sign_in(page: Page, origin: str, email: str, password: str) -> None:
    page.goto(f"{origin}/account/login/?next=/")
    page.get_by_label("Adresse e-mail").fill(email)
    page.get_by_label("Mot de passe").fill(password)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(f"{origin}/")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("origin")
    parser.add_argument("password")
    parser.add_argument("people", nargs="*", default=["admin", "commercial", "lecture"])
    parser.add_argument("--minutes", type=float, default=10, help="at most, for each person and size")
    parser.add_argument("--sizes", nargs="*", default=list(SIZES))
    given = parser.parse_args()
    client = given.origin.split("//")[1].split(".")[0]
    wrong = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_or_install(), args=["--no-sandbox"])
        for person in given.people:
            for size in given.sizes:
                page = browser.new_context(locale="fr-FR", viewport=SIZES[size]).new_page()
                one = Walk(page, given.origin.rstrip("/"), time.monotonic() + given.minutes * 60)
                sign_in(page, one.origin, f"{person}@{client}.example", given.password)
                one.listen()
                pages = walk(one)
                page.context.close()
                late = " (time is up)" if time.monotonic() > one.until else ""
                print(f"== {person}, {size}: {pages} pages, {one.presses} presses{late}", flush=True)
                for text in dict.fromkeys(one.found):
                    print(f"   {text}", flush=True)
                wrong += len(one.found)
        browser.close()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
