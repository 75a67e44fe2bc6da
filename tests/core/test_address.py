"""A person changes their own address, by a link at the new one; the old one is told, and nobody else can do it."""

import re

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from core.accounts.actions import address
from core.accounts.models import DoorEvent, User
from core.models import Event
from tests.conftest import PASSWORD, visitor

NEW = "Sales.Nouvelle@atelier.example"


@pytest.fixture
def sales(atelier):
    """Signed in, and they have just proved once more who they are."""
    browser = visitor(atelier)
    browser.post("/account/login/", {"login": "sales@atelier.example", "password": PASSWORD})
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    return browser


def asked(browser, email=NEW) -> str:
    """The path of the link that went to the new address."""
    answer = browser.post("/account/address/", {"email": email})
    assert "Regardez vos e-mails" in answer.content.decode()
    sent = next(message for message in reversed(mail.outbox) if message.to == [email.lower()])
    return re.search(r"http://atelier\.localhost(/account/address/\S+)", sent.body)[1]


def test_the_link_at_the_new_address_changes_it_once_and_the_old_one_is_told(
    sales, atelier, django_capture_on_commit_callbacks
):
    link = asked(sales)
    assert [message.to for message in mail.outbox] == [[NEW.lower()], ["sales@atelier.example"]]
    assert User.objects.filter(email="sales@atelier.example").exists()  # nothing changes before
    assert NEW.lower() in sales.get(link).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert sales.post(link).headers["Location"] == "/account/security/"
    person = User.objects.get(email=NEW.lower())
    assert mail.outbox[-1].to == ["sales@atelier.example"] and NEW.lower() in mail.outbox[-1].body
    assert sales.get("/crm/companies/").status_code == 200  # the session goes on
    assert sales.get(link).status_code == sales.post(link).status_code == 410
    door = visitor(atelier)
    assert door.post("/account/login/", {"login": "sales@atelier.example", "password": PASSWORD}).status_code == 200
    assert door.post("/account/login/", {"login": NEW, "password": PASSWORD}).status_code == 302
    assert DoorEvent.objects.filter(person=person, kind="address").count() == 1
    event = Event.objects.filter(model="accounts.user", object_id=person.pk).latest("pk")
    assert "email" in event.fields and event.actor_id == person.pk


def test_nobody_else_can_use_the_link(sales, atelier, horizon, signed_in):
    link = asked(sales)
    assert visitor(atelier).get(link)["Location"].startswith("/account/login/")
    assert signed_in(atelier, "reader").post(link).status_code == 410
    with tenant_context(horizon):
        assert signed_in(horizon, "sales").post(link).status_code == 410
    assert not User.objects.filter(email__iexact=NEW).exists()


def test_a_changed_password_or_thirty_minutes_end_the_link(sales, atelier, monkeypatch):
    link = asked(sales)
    with monkeypatch.context() as late:
        late.setattr(address, "LIFE", -1)
        assert sales.get(link).status_code == 410
    person = User.objects.get(email="sales@atelier.example")
    person.set_password("une autre table de frêne")
    person.save()
    door = visitor(atelier)
    door.post("/account/login/", {"login": person.email, "password": "une autre table de frêne"})
    assert door.get(link).status_code == door.post(link).status_code == 410


@pytest.mark.parametrize(
    ("email", "words"),
    [("ADMIN@atelier.example", "déjà celle"), ("sales@atelier.example", "déjà votre adresse"), ("rien", "adresse")],
)
def test_an_address_that_cannot_be_theirs_is_refused_and_nothing_leaves(sales, email, words):
    assert words in sales.post("/account/address/", {"email": email}).content.decode()
    assert mail.outbox == []


def test_an_address_taken_meanwhile_is_refused(sales):
    link = asked(sales)
    User.objects.create_user(NEW)
    assert "déjà celle" in sales.post(link, follow=True).content.decode()


def test_whoever_has_not_proved_who_they_are_lately_does_it_first(atelier, signed_in):
    browser = signed_in(atelier, "sales")  # a session whose proof is not known
    for method in (browser.get, browser.post):
        assert method("/account/address/", {"email": NEW})["Location"].startswith("/account/reauthenticate/")
    assert mail.outbox == []


def test_links_beyond_a_few_wait(sales):
    for number in range(5):
        asked(sales, f"n{number}@atelier.example")
    assert "Trop de demandes" in sales.post("/account/address/", {"email": "n9@atelier.example"}).content.decode()
