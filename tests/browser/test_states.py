"""Pages in the states they can be in, on a desktop and a phone, in both themes: see judging.py for what is judged.

A new screen adds a line to the table of its kind: its name, its address, and what is done there to reach the state.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.core import mail
from django.template.loader import render_to_string
from playwright.sync_api import Page, Route, expect

from core.models import SavedView
from crm.models import Company
from tenants.middleware import forget_hosts
from tenants.models import State as ClientState
from tests.browser.conftest import SIZES, expected_failures
from tests.browser.judging import problems_of
from tests.browser.worlds import backups_of_every_state, fill
from tests.conftest import PASSWORD

LIST = "/crm/companies/"
State = tuple[str, str, Callable[[Page], None] | None]


@pytest.fixture(params=SIZES)
def size(request, instance) -> str:
    instance.page.set_viewport_size(SIZES[request.param])
    instance.page.on("dialog", lambda dialog: dialog.accept())  # leaving a form half filled
    return request.param


def walk(instance, states: Iterator[State] | list[State]) -> None:
    """Open each state, judge it, and say at the end all that was wrong anywhere."""
    found = []
    for name, path, act in states:
        if path:
            instance.open(path)
        if act:
            act(instance.page)
        found += problems_of(instance.page, name)
    assert not found, "\n".join(found)


def press(name: str, role="button", exact=False) -> Callable[[Page], None]:
    return lambda page: page.get_by_role(role, name=name, exact=exact).first.click()


def then(*steps: Callable[[Page], object]) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for step in steps:
            step(page)

    return act


def dialog(page: Page) -> None:
    expect(page.locator("dialog[open]")).to_be_visible()


def tick(count: int) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for place in range(count):
            page.locator('.table input[name="ids"]').nth(place).check()
        expect(page.locator(".bulkbar")).to_be_visible()

    return act


def gesture(name: str) -> Callable[[Page], None]:
    return then(tick(3), lambda page: page.locator(".bulkbar").get_by_role("button", name=name).click(), dialog)


def palette(text: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.keyboard.press("Control+k")
        page.keyboard.type(text)
        page.wait_for_function("() => !document.querySelector('command-palette').pending")

    return act


# ── Lists ────────────────────────────────────────────────────────────────
def of_the_list(phone: bool, view: SavedView) -> Iterator[State]:
    yield "list", LIST, None
    yield "list, selection", "", tick(3)
    yield "list, everything filtered", "", lambda page: page.locator(".bulkbar .all").click()
    yield (
        "list, facet",
        LIST,
        then(press("Nature"), lambda page: expect(page.locator("#facet-kind .count").first).not_to_be_empty()),
    )
    yield "list, no result", f"{LIST}?q=rien+de+tel", None
    yield "list, filtered", f"{LIST}?relation=customer&kind=public&kind=business&q=riou", None
    yield "list, notices", f"{LIST}?sort=nope&after=xxx&color=red", None
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
    for name in ("Modifier", "Étiqueter", "Assigner", "Supprimer"):
        yield f"list, bulk {name}", LIST, gesture(name)
    yield "list, palette", LIST, palette("")
    yield "list, palette found", LIST, palette("riou")
    yield "list, palette none", LIST, palette("zzzzzzz")
    if phone:
        yield "list, sorting", LIST, press("Trier")
        yield "menu", LIST, press("Menu")
    else:
        yield "list, columns", LIST, then(press("Choisir les colonnes", "link"), dialog)
        yield "list, compact", LIST, press("Changer la densité")


def test_the_list(instance, size):
    fill(instance)
    with instance.rows():
        view = SavedView.objects.order_by("position").first()
    instance.sign_in("administrator", LIST)
    walk(instance, of_the_list(size == "phone", view))


def test_an_empty_list_and_who_only_reads(instance, size):
    instance.sign_in("reader", LIST)
    walk(instance, [("empty, reader", LIST, None), ("home, reader", "/", None)])
    with instance.rows():
        company = Company.objects.create(name="Charpentes Riou")
    record = f"{LIST}{company.pk}/"
    walk(instance, [(f"record, reader {part}", record + part, None) for part in ("", "notes/", "files/", "history/")])
    instance.page.context.clear_cookies()
    instance.sign_in("sales", "/crm/contacts/")
    empty = ("/crm/contacts/", "/imports/", "/bin/", "/notifications/", f"{record}related/", "/crm/companies/import/")
    walk(instance, [(f"empty {path}", path, None) for path in empty])


# ── Records ──────────────────────────────────────────────────────────────
def edit_fact(name: str, value: str = "") -> Callable[[Page], None]:
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


def of_the_record(phone: bool, record: str) -> Iterator[State]:
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
    yield (
        "record, saved",
        f"{record}edit/",
        then(
            lambda page: page.get_by_label("Ville").fill("Lorient"),
            press("Enregistrer"),
            lambda page: page.wait_for_url(f"**{record}"),
        ),
    )


@pytest.mark.parametrize(
    "size", ["desktop"], indirect=True
)  # on a phone: tests/browser/test_record.py, test_daily_work.py
def test_the_record(instance, size):
    company = fill(instance)
    instance.sign_in("sales", "/")
    walk(instance, of_the_record(size == "phone", f"{LIST}{company.pk}/"))


# ── Forms ────────────────────────────────────────────────────────────────
def fill_wrongly(page: Page) -> None:
    page.locator("#id_siret").fill("73282932000075")
    page.locator("#id_email").fill("pas une adresse")
    page.get_by_role("button", name="Créer la fiche").click()
    expect(page.get_by_role("alert").first).to_be_focused()


def look_up(text: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        box = page.get_by_role("combobox", name="Société")
        box.fill("")
        box.press_sequentially(text)
        expect(page.get_by_role("option").first).to_be_visible()

    return act


def keep_a_draft(page: Page) -> None:
    page.get_by_label("Note").fill("Tapé longuement, puis quitté")
    with page.expect_response("**/draft/"):
        page.evaluate("() => dispatchEvent(new Event('pagehide'))")


def of_forms(instance, company: Company) -> Iterator[State]:
    edit = f"{LIST}{company.pk}/edit/"
    yield "form, new", f"{LIST}new/", None
    yield "form, wrong", "", fill_wrongly
    yield "form, look-up", "/crm/contacts/new/", look_up("riou")
    yield "form, look-up that creates", "", look_up("zzzz")
    yield "form, quick", "", then(press("Créer « zzzz »", "option"), dialog)
    yield (
        "form, quick refused",
        "",
        then(
            lambda page: page.get_by_role("dialog").get_by_label("Nom").first.fill(""),
            press("Créer et choisir"),
            lambda page: expect(page.locator("dialog").get_by_role("alert")).to_be_focused(),
        ),
    )
    yield "form, edit", edit, None

    def conflict(page: Page) -> None:
        page.get_by_label("Ville").fill("Vannes")
        with instance.rows():
            Company.objects.filter(pk=company.pk).update(city="Auray", phone="+33297000000")
        page.get_by_role("button", name="Enregistrer").click()
        expect(page.get_by_role("alert").first).to_be_focused()

    yield "form, conflict", edit, conflict
    yield "form, conflict unchosen", "", press("Enregistrer")
    yield (
        "form, drafts",
        edit,
        then(
            keep_a_draft,
            lambda page: page.reload(),
            lambda page: expect(page.get_by_role("link", name="Reprendre").first).to_be_visible(),
        ),
    )
    yield "form, resumed", "", press("Reprendre", "link")

    def gone(page: Page) -> None:
        page.get_by_label("Ville").fill("Vannes")
        with instance.rows():
            Company.objects.filter(pk=company.pk).delete()
        page.get_by_role("button", name="Enregistrer").click()
        expect(page.get_by_role("alert").first).to_be_focused()

    yield "form, gone", edit, gone


def test_forms(instance, size):
    fill(instance)
    with instance.rows():
        company = Company.objects.create(name="Menuiserie Kervella", city="Brest")
    instance.sign_in("sales", "/")
    walk(instance, of_forms(instance, company))


# ── The rest of the instance ─────────────────────────────────────────────
def shown(text: str) -> Callable[[Page], None]:
    return lambda page: expect(page.get_by_text(text).first).to_be_visible(timeout=15000)


@pytest.mark.parametrize(
    "size", ["desktop"], indirect=True
)  # on a phone: tests/browser/test_record.py, test_daily_work.py
def test_other_pages(instance, size):
    fill(instance)
    with backups_of_every_state(instance.client):
        instance.sign_in("administrator", "/")
        pages = [
            "/bin/",
            "/people/",
            "/notifications/",
            "/imports/",
            "/backups/",
            "/account/password/change/",
            "/styleguide",
            "/",
        ]
        states: list[State] = [
            *((path, path, None) for path in pages),
            ("styleguide, dialog", "/styleguide", then(press("Ouvrir le dialogue"), dialog)),
            ("signing out", "/account/logout/", None),
        ]  # fmt: skip
        walk(instance, states)


# ── At the door, and what goes wrong ─────────────────────────────────────
def wrong_password(page: Page) -> None:
    page.get_by_label("Adresse e-mail").fill("sales@vitrine.example")
    page.get_by_label("Mot de passe").fill("faux")
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("alert")).to_be_visible()


def ask_a_link(page: Page) -> None:
    page.get_by_role("textbox").fill("sales@vitrine.example")
    page.get_by_role("button", name="Recevoir le lien").click()
    shown("Regardez vos e-mails")(page)


def choose(password: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for place in range(2):
            page.locator("input[type=password]").nth(place).fill(password)
        page.get_by_role("button", name="Enregistrer").click()

    return act


def test_at_the_door(instance, size):
    walk(instance, [
        ("sign-in", "/account/login/", None),
        ("sign-in, refused", "", wrong_password),
        ("reset", "/account/password/reset/", None),
        ("reset, sent", "", ask_a_link),
        ("inactive", "/account/inactive/", None),
        ("privacy", "/confidentialite/", None),
        ("reset, no such link", "/account/password/reset/key/1-set-password/", None),
    ])  # fmt: skip
    path = re.search(r"/account/password/reset/key/\S+", mail.outbox[-1].body).group()
    walk(instance, [
        ("reset, choose", path, None),
        ("reset, too simple", "", then(choose("123"), lambda page: expect(page.locator(".errorlist").first).to_be_visible())),
        ("reset, done", "", then(choose(f"{PASSWORD} 2"), shown("C’est fait"))),
    ])  # fmt: skip


@pytest.fixture
def instance_of_the_vendor(instance):
    def go(host: str) -> None:
        instance.url = f"http://{host}:{instance.port}"

    return go


def test_the_vendors_pages(instance, instance_of_the_vendor, size):
    instance_of_the_vendor("localhost")
    walk(instance, [("vendor", "/", None), ("vendor, unknown", "/?instance=personne", None)])
    instance_of_the_vendor("ops.localhost")
    walk(instance, [("ops", "/account/login/", None)])
    instance_of_the_vendor("dpo.localhost")
    walk(instance, [("dpo", "/", None)])
    instance_of_the_vendor("personne.localhost")
    walk(instance, [("unknown host", "/", None)])
    expected_failures(instance)


def _answer(answer: dict, route: Route) -> None:
    route.fulfill(**answer)


FAILURES = {
    "400": ("400.html", {"kind": "malformed"}),
    "400 cut": ("400.html", {"kind": "cut"}),
    "400 too many": ("400.html", {"kind": "too_many"}),
    "413": ("400.html", {"kind": "too_large"}),
    "403 csrf": ("403_csrf.html", {"again": [], "path": "/"}),
    "403 csrf again": ("403_csrf.html", {"again": [("a", "b")], "path": "/"}),
    "403 session over": ("session_over.html", {"again": [("a", "b")], "path": "/", "files": True}),
    "410": ("core/link_expired.html", {}),
    "429": ("429.html", {}),
    "500": ("500.html", {}),
    "503": ("503.html", {}),
}


def test_error_pages(instance, size):
    instance.sign_in("reader", "/")
    walk(instance, [("404", "/nulle-part/", None), ("404 record", f"{LIST}999/", None), ("403", "/people/", None)])
    states: list[State] = []
    for name, (template, context) in FAILURES.items():
        path = f"/failing-{name.replace(' ', '-')}/"
        body = render_to_string(template, context)
        answer = {"status": int(name[:3]), "body": body, "content_type": "text/html; charset=utf-8"}
        instance.page.route(f"**{path}", partial(_answer, answer))
        states.append((name, path, None))
    walk(instance, states)
    instance.client.state = ClientState.SUSPENDED
    instance.client.save()
    forget_hosts()
    walk(instance, [("closed", "/", None)])
    expected_failures(instance)
