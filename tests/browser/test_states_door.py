"""Before one is in, and when something goes wrong, in the states these pages can be in: see states.py."""

import re
from functools import partial

import pytest
from django.core import mail
from django.template.loader import render_to_string
from playwright.sync_api import Page, Route, expect

from tenants.middleware import forget_hosts
from tenants.models import State as ClientState
from tests.browser.conftest import expected_failures
from tests.browser.states import LIST, State, shown, then, walk
from tests.conftest import PASSWORD


def wrong_password(page: Page) -> None:
    page.get_by_label("Adresse e-mail").fill("sales@vitrine.example")
    page.get_by_label("Mot de passe").fill("faux")
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("alert")).to_be_visible()


def ask_a_link(page: Page) -> None:
    page.get_by_role("textbox").fill("sales@vitrine.example")
    page.get_by_role("button", name="Recevoir le lien").click()
    shown("Regardez vos e-mails")(page)


def choose(password: str):
    def act(page: Page) -> None:
        for place in range(2):
            page.locator("input[type=password]").nth(place).fill(password)
        page.get_by_role("button", name="Enregistrer").click()

    return act


def test_at_the_door(instance):
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
        ("reset, done and in", "", then(choose(f"{PASSWORD} 2"), shown("Accueil"))),
    ])  # fmt: skip


@pytest.fixture
def instance_of_the_vendor(instance):
    def go(host: str) -> None:
        instance.url = f"http://{host}:{instance.port}"

    return go


def test_the_vendors_pages(instance, instance_of_the_vendor):
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


def test_error_pages(instance):
    instance.enter("reader", "/")
    walk(
        instance,
        [
            ("404", "/nulle-part/", None),
            ("404 record", f"{LIST}999/", None),
            ("403", "/people/", None),
            ("405", "/notifications/1/", None),
        ],
    )
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
