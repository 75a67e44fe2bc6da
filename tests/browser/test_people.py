"""A new administrator's first day: in by the invitation, a passkey, a colleague invited, given a role, and refused."""

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from core.accounts.actions.inviting import invite
from core.accounts.models import DoorEvent, Role, User

GOOD = "sept tables de chêne"


@pytest.fixture
def authenticator(page):
    """A passkey authenticator of Chromium's own, that knows who holds it: CDP's WebAuthn domain."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return cdp, cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def link_in(message) -> str:
    return re.search(r"https?://[^/\s]+(/account/\S+)", message.body)[1]


def enter(page, first: str, last: str) -> None:
    page.get_by_label("Prénom").fill(first)
    page.get_by_role("textbox", name=re.compile("^Nom")).fill(last)
    page.get_by_label("Mot de passe").fill(GOOD)
    page.get_by_label("Le même").fill(GOOD)
    page.get_by_role("button", name="Entrer").click()


def sign_out(page) -> None:
    page.locator("button.me").click()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()


def test_the_first_day_of_a_new_administrator(instance, authenticator, axe):
    page = instance.page
    with instance.rows():
        Role.objects.filter(code="administrator").update(second_factor=True)
        invite(email="nouvelle@vitrine.example", roles=Role.objects.filter(code="administrator"), by=None)
    # In by the link; the role demands a second factor, so a passkey comes before any other page.
    instance.open(link_in(mail.outbox[-1]))
    axe(page)
    enter(page, "Nour", "Haddad")
    expect(page.get_by_role("heading", name="Encore une étape")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Ajouter une clé d’accès").click()
    page.get_by_label("Nom de cette clé").fill("Ordinateur du bureau")
    axe(page)
    page.get_by_role("button", name="Créer la clé").click()
    expect(page.get_by_role("heading", name="Codes de secours")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Je les ai gardés").click()
    page.wait_for_url(f"{instance.url}/")
    # A role of her own making, a colleague invited with it.
    instance.open("/people/roles/new/")
    page.get_by_role("textbox", name=re.compile("^Nom")).fill("Visiteur")
    page.locator("select[name=level-crm]").select_option("read")
    axe(page)
    page.get_by_role("button", name="Créer le rôle").click()
    page.get_by_role("navigation", name="Comptes").get_by_role("link", name="Personnes").click()
    page.get_by_role("link", name="Inviter").click()
    page.get_by_label("Adresse e-mail").fill("collegue@vitrine.example")
    page.get_by_label("Visiteur").check()
    page.get_by_role("button", name="Envoyer l’invitation").click()
    expect(page.get_by_role("heading", name="Invitation")).to_be_visible()
    axe(page)
    # Out, and in again without a password.
    sign_out(page)
    page.get_by_role("button", name="Avec une clé d’accès").click()
    page.wait_for_url(f"{instance.url}/")
    instance.open("/account/security/")
    expect(page.get_by_text("Ordinateur du bureau")).to_be_visible()
    axe(page)
    sign_out(page)
    # The colleague reads, and is refused where they should be.
    instance.open(link_in(mail.outbox[-1]))
    enter(page, "Léo", "Martin")
    page.wait_for_url(f"{instance.url}/")
    instance.open("/crm/companies/")
    expect(page.get_by_role("heading", name="Sociétés")).to_be_visible()
    expect(page.get_by_role("link", name="Nouvelle société")).to_have_count(0)
    for place in ("/people/", "/people/roles/", "/crm/companies/new/"):
        assert page.goto(instance.url + place).status == 403, place
    instance.problems[:] = [text for text in instance.problems if "status of 403" not in text]
    with instance.rows():
        leo = User.objects.get(email="collegue@vitrine.example")
        assert [role.name for role in leo.roles.all()] == ["Visiteur"]
        assert DoorEvent.objects.filter(
            person__email="nouvelle@vitrine.example", means="webauthn", kind="signed_in"
        ).exists()


def test_a_passkey_that_nobody_unlocks_is_said_and_the_password_still_serves(instance, authenticator):
    cdp, key = authenticator
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    instance.open("/account/login/")
    page = instance.page
    page.get_by_role("button", name="Avec une clé d’accès").click()
    expect(page.get_by_role("alert").filter(has_text="La clé n’a pas été lue")).to_be_visible()
    instance.sign_in("sales")
