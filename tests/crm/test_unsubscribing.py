"""The way out of mailings (R20): by anybody who holds the link, whatever the state of the instance."""

import datetime as dt
import re
import time
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client as HttpClient
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from core.accounts.models import User
from core.merging.merging import merge
from core.models import OutgoingMail
from core.restoring import do_again
from crm.actions.consents import suppress, withdraw
from crm.addresses import digest_of
from crm.models import Consent, Contact, Mailing, MailingList, Message, Suppression
from crm.prospecting import SuppressionReason
from crm.recipients import facts_of
from crm.resources import ContactResource
from crm.unsubscribing import leaving_of, return_token_of, token_of
from tenants.maintenance import forget_windows
from tenants.middleware import forget_hosts
from tenants.models import Client, Maintenance, OptOut, State
from tests.conftest import visitor
from tests.tenants.conftest import behind_the_triggers

ADDRESS = "claire@exemple.fr"


@pytest.fixture(autouse=True)
def _fresh():
    forget_hosts(), forget_windows()
    yield
    forget_hosts(), forget_windows()


@pytest.fixture
def message(atelier) -> Message:
    contact = Contact.objects.create(last_name="Riou", email=ADDRESS)
    mailing = Mailing.objects.create(name="Printemps", purpose="prospecting", mailing_list=MailingList.objects.get())
    return Message.objects.create(mailing=mailing, contact=contact, address=ADDRESS)


@pytest.fixture
def link(message) -> str:
    token = token_of(digest_of("email", ADDRESS), mailing_list=message.mailing.mailing_list_id, message=message.pk)
    return f"/d/{token}"


def scopes() -> set[str]:
    return set(Suppression.objects.values_list("scope", flat=True))


def test_reading_the_link_changes_nothing_and_shows_one_button_with_the_choices(atelier, link):
    for method in ("get", "head"):
        answer = getattr(visitor(atelier), method)(link)
        assert answer.status_code == 200 and not answer.cookies and "no-store" in answer["Cache-Control"]
    page = visitor(atelier).get(link).content.decode()
    assert page.count("<button") == 1 and "Nouvelles et offres" in page and 'value="all"' in page
    assert "permet de vous réabonner" in page
    assert not scopes() and not OptOut.objects.exists()
    assert visitor(atelier).put(link).status_code == 405


def test_one_click_answers_200_at_once_without_cookie_csrf_or_redirect(atelier, link, message):
    program = HttpClient(headers={"host": atelier.host}, enforce_csrf_checks=True)
    program.get("/")
    begun = time.monotonic()
    answer = program.post(link, {"List-Unsubscribe": "One-Click"})
    assert time.monotonic() - begun < 1
    assert answer.status_code == 200 and not answer.cookies and "Location" not in answer.headers
    assert scopes() == {f"list:{message.mailing.mailing_list_id}"}, "of one list, not of all"
    message.refresh_from_db()
    assert message.unsubscribed_at and Suppression.objects.get().source == "Bouton de la messagerie"
    assert program.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200, "again changes nothing"
    assert OptOut.objects.count() == 1


def test_who_opens_the_record_is_told_what_was_left_one_list_or_all(atelier, signed_in, link):
    record = f"/crm/contacts/{Contact.objects.get(email__iexact=ADDRESS).pk}/"
    browser = signed_in(atelier)
    visitor(atelier).post(link, {"scope": "list"})
    page = browser.get(record).content.decode()
    assert "Ne pas lui envoyer « Nouvelles et offres »" in page and "Ne pas prospecter par e-mail" not in page
    visitor(atelier).post(link, {"scope": "all"})
    assert "Ne pas prospecter par e-mail" in browser.get(record).content.decode()


def test_the_page_offers_to_leave_everything(atelier, link):
    page = visitor(atelier).post(link, {"scope": "list"}).content.decode()
    assert "C’est fait" in page and "me réabonner" in page
    assert "toute prospection" not in page
    visitor(atelier).post(link, {"scope": "all"})
    assert "all" in scopes() and Consent.objects.get().status == "withdrawn"


@pytest.mark.parametrize(
    ("scope", "said", "offers_all"),
    [("list", "plus « Nouvelles et offres »", True), ("all", "plus de messages", False)],
)
def test_whoever_has_left_reads_so_and_may_come_back(atelier, link, scope, said, offers_all):
    visitor(atelier).post(link, {"scope": scope})
    left = scopes()
    page = visitor(atelier).get(link).content.decode()
    assert "Vous êtes déjà désabonné" in page and f"Vous ne recevez {said}" in page
    assert 'name="back" value="1"' in page and ("Ne plus rien recevoir du tout" in page) is offers_all
    assert "Consultez votre messagerie" in visitor(atelier).post(link, {"back": "1"}).content.decode()
    assert scopes() == left


def test_an_address_that_died_has_not_left(atelier, link):
    suppress(digest_of("email", ADDRESS), SuppressionReason.BOUNCE)
    assert "Me désabonner" in visitor(atelier).get(link).content.decode()


def closed(client, how: str) -> None:
    if how == "window":
        now = timezone.now()
        made = Maintenance.objects.create(
            starts_at=now - dt.timedelta(minutes=5), ends_at=now + dt.timedelta(hours=1), announced_at=now - dt.timedelta(days=1), purpose="Mise à jour."
        )  # fmt: skip
        made.clients.set([client])
        return
    values = (
        {"demands_certificate": True, "certificate_fingerprints": ["0" * 64]}
        if how == "certificate"
        else {"state": how}
    )
    with behind_the_triggers("client"):
        Client.objects.filter(pk=client.pk).update(**values)


@pytest.mark.parametrize("how", [State.SUSPENDED, State.MAINTENANCE, State.CLOSED, "window", "certificate"])
def test_it_works_while_the_instance_is_closed(atelier, link, how):
    closed(atelier, how)
    forget_hosts(), forget_windows()
    assert visitor(atelier).get("/crm/contacts/").status_code in (403, 503)
    assert visitor(atelier).get(link).status_code == 200 and not scopes()
    assert visitor(atelier).post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert len(scopes()) == 1


def test_somebody_signed_in_who_must_do_something_first_is_not_led_astray(atelier, link, signed_in, monkeypatch):
    monkeypatch.setattr("core.accounts.models.User.lacks_factor", True, raising=False)
    assert signed_in(atelier).post(link).status_code == 200 and scopes()


@pytest.mark.parametrize("spoil", [lambda t: t[:-2] + "AA", lambda t: "v1.AAAA.BBBB", lambda t: "essai", lambda t: t + "é", lambda t: "v2" + t[2:]])  # fmt: skip
def test_a_wrong_link_gets_a_page_as_good_and_nothing_happens(atelier, link, spoil):
    wrong = f"/d/{spoil(link.removeprefix('/d/'))}"
    read, answer = visitor(atelier).get(wrong), visitor(atelier).post(wrong)
    assert read.status_code == answer.status_code == 200
    page = read.content.decode()
    assert page.count("<button") == 1 and "Une fois ce bouton pressé, vous ne recevrez plus" in page
    assert "C’est fait" in answer.content.decode() and not scopes()


def test_a_token_is_of_one_client_carries_no_address_and_lives_under_retired_keys(atelier, horizon, link, settings):
    token = link.removeprefix("/d/")
    assert re.fullmatch(r"v1\.[\w-]+\.[\w-]{43}", token) and "claire" not in token
    with tenant_context(horizon):
        assert leaving_of(token) is None
    settings.UNSUBSCRIBE_KEYS = ["a new one", *settings.UNSUBSCRIBE_KEYS]
    assert leaving_of(token) is not None
    settings.UNSUBSCRIBE_KEYS = ["a new one"]
    assert leaving_of(token) is None


def test_the_link_outlives_its_message_and_its_contact(atelier, link, message):
    message.delete()
    Contact.objects.all().delete()
    assert visitor(atelier).post(link).status_code == 200 and len(scopes()) == 1
    again = Contact.objects.create(last_name="Riou", email="CLAIRE@exemple.fr")
    assert facts_of([again], "email")[0].suppressed


def test_the_way_back_goes_by_the_address_itself_and_is_a_fresh_consent(
    atelier, link, message, django_capture_on_commit_callbacks
):
    visitor(atelier).post(link, {"scope": "all"})
    for _twice in range(2):
        assert "Consultez votre messagerie" in visitor(atelier).post(link, {"back": "1"}).content.decode()
    assert scopes() == {"all"}, "the link of a mail grants nothing but opting out"
    mail = OutgoingMail.objects.get()
    assert mail.recipient == ADDRESS
    way = re.search(r"(/d/retour/\S+)", mail.text)[1]
    assert "les offres d’Atelier" in visitor(atelier).get(way).content.decode() and scopes() == {"all"}
    assert "réabonné" in visitor(atelier).post(way).content.decode()
    word = Consent.objects.order_by("-pk").first()
    assert (word.status, word.address, word.proof["message"]) == ("granted", ADDRESS, message.pk)
    assert not scopes()


def test_the_link_back_is_good_for_a_week(atelier, message, monkeypatch):
    way = f"/d/retour/{return_token_of(message.pk)}"
    monkeypatch.setattr("crm.unsubscribing.time.time", lambda: timezone.now().timestamp() + 8 * 86400)
    assert "expiré" in visitor(atelier).post(way).content.decode() and not Consent.objects.exists()


def test_the_journal_is_outside_the_client_and_a_restore_opts_out_again(atelier, link):
    since = timezone.now() - dt.timedelta(hours=1)
    visitor(atelier).post(link, {"scope": "all"})
    Suppression.objects.all().delete()  # as a restored schema is
    assert do_again(atelier.pk, since) == 1
    contact = Contact.objects.get(email=ADDRESS)
    assert "all" in facts_of([contact], "email")[0].suppressed
    with schema_context("public"), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        OptOut.objects.all().delete()


@pytest.mark.parametrize("how", ["created", "imported", "by the api", "merged"])
def test_an_address_that_comes_back_stays_suppressed(atelier, signed_in, link, how, tmp_path):
    visitor(atelier).post(link, {"scope": "all"})
    Contact.objects.all().delete()
    browser = signed_in(atelier)
    new = {"last_name": "Riou", "email": "Claire@Exemple.fr", "recipient_kind": "professional"}
    if how == "created":
        assert browser.post("/crm/contacts/new/", new).status_code == 302
    elif how == "by the api":
        made = browser.post("/api/crm/contacts/", new, content_type="application/json")
        assert made.status_code == 201, made.content
    elif how == "merged":  # the address comes to a row that had none
        kept = Contact.objects.create(last_name="Autre", recipient_kind="professional")
        gone = Contact.objects.create(last_name="Riou", email="Claire@Exemple.fr", recipient_kind="professional")
        merge(ContactResource, kept, gone, by=User.objects.get(email="sales@atelier.example"), choices={})
    else:
        path = tmp_path / "contacts.csv"
        path.write_text("nom;e-mail;type\nRiou;Claire@Exemple.fr;Professionnel\n", encoding="utf-8")
        call_command("import", "atelier", "crm.contact", str(path), "--map", "auto", stdout=StringIO())
    contact = Contact.objects.get(email__iexact=ADDRESS)
    assert facts_of([contact], "email")[0].suppressed, how
    assert "Ne pas prospecter" in browser.get(f"/crm/contacts/{contact.pk}/").content.decode()
    assert "opposé à toute prospection" in browser.get(f"/crm/contacts/{contact.pk}/prospecting/").content.decode()


def test_staff_can_oppose_for_a_person_and_history_tells_it(atelier):
    withdraw(channel="email", address=ADDRESS, source="Appel")
    assert scopes() == {"all"}
