"""A mailing from its draft to its figures, by HTTP and against a real SMTP server."""

import datetime as dt
import re
from email import message_from_bytes, policy

import dkim
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from core.accounts.models import User
from core.mail.delivering import deliver
from core.mail.dkim import make_key, put_into_service, record_of
from core.models import DkimKey, MailSettings, MailState, Notification, OutgoingMail
from core.templatetags.french import day
from crm.actions.consents import record_consent, withdraw
from crm.actions.mailings import feed, send_due
from crm.models import Company, Contact, Mailing, MailingList, MailTemplate, Message, ProspectingSettings
from crm.models.mailing import NEXT, MailingState, MessageState
from tests.workers import second_of_two

URL = "/crm/mailings/"
HELD = 12


def states(mailing) -> dict[str, str]:
    return dict(Message.objects.filter(mailing=mailing).values_list("address", "state"))


def parsed(content: bytes):
    return message_from_bytes(content, policy=policy.default)


# --- before it leaves -------------------------------------------------------------------------------------------------
def test_a_draft_is_made_from_a_template_and_the_preview_is_of_real_people(segment, atelier, signed_in):
    template = MailTemplate.objects.create(name="Vitrine", subject="Pour {{societe}}", text="Bonjour {{prenom}} !")
    browser = signed_in(atelier)
    new = {"name": "Mars", "purpose": "prospecting", "mailing_list": MailingList.objects.get().pk, "segment": segment.pk,
           "template": template.pk, "template_text": str(template)}  # fmt: skip
    assert browser.post(f"{URL}new/", new).status_code == 302
    mailing = Mailing.objects.get()
    assert (mailing.subject, mailing.text, mailing.state) == (template.subject, template.text, "draft")
    page = browser.get(f"{URL}{mailing.pk}/preview/").content.decode()
    assert "Pour Hamon &amp; Fils" in page and "Bonjour Pro !" in page
    html = browser.get(f"{URL}{mailing.pk}/preview/html/")
    assert "sandbox" in html["Content-Security-Policy"] and "Bonjour Pro !" in html.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("text", "Bonjour {{prenm}}", "Variable inconnue : prenm"),
        ("subject", "Pour {{societe", "n’est pas refermée"),
        ("purpose", "", "obligatoire"),
    ],
)
def test_a_wrong_variable_or_a_missing_purpose_is_said(draft, atelier, signed_in, field, value, said):
    data = {"name": "X", "purpose": "service", "subject": "S", "text": "T", field: value}
    answer = signed_in(atelier).post(f"{URL}{draft.pk}/edit/", data)
    assert said in answer.content.decode().replace("ce champ est obligatoire", "obligatoire")


def test_dangerous_html_is_taken_out_and_values_are_escaped(draft, atelier, signed_in):
    Contact.objects.filter(first_name="Pro").update(first_name="<script>alert(1)</script>")
    html = '<p style="color:red" onclick="x()">Salut {{prenom}}</p><script>x()</script><a href="javascript:x()">a</a>'
    data = {"name": "X", "purpose": "service", "subject": "S", "text": "T", "html": html, "segment": draft.segment_id}
    assert signed_in(atelier).post(f"{URL}{draft.pk}/edit/", data).status_code == 302
    draft.refresh_from_db()
    assert "script" not in draft.html and "onclick" not in draft.html and "color:red" in draft.html.replace(": ", ":")
    shown = signed_in(atelier).get(f"{URL}{draft.pk}/preview/html/").content.decode()
    assert "<script>" not in shown and "&lt;script&gt;" in shown


@pytest.mark.parametrize("address", ["http://atelier.example/a.png", "data:image/png;base64,AAAA", "cid:a", "/a.png"])
def test_an_image_that_would_not_be_shown_is_refused_and_said_and_an_old_one_is_left_out(
    draft, atelier, signed_in, address
):
    browser, edit = signed_in(atelier), f"{URL}{draft.pk}/edit/"
    good = '<img src="https://atelier.example/b.png" alt="Banc">'
    html = f'<p>Voici</p>{good}<IMG SRC="{address}" alt="Atelier">'
    data = {"name": "X", "purpose": "service", "subject": "S", "text": "T", "segment": draft.segment_id}
    page = browser.post(edit, {**data, "html": html}).content.decode()
    assert f"Cette image ne s’afficherait pas : {address}." in page and "https://" in page
    assert browser.post(edit, {**data, "html": good}).status_code == 302
    Mailing.objects.update(html=html)
    shown = browser.get(f"{URL}{draft.pk}/preview/html/").content.decode()
    assert address not in shown and "https://atelier.example/b.png" in shown and 'alt="Atelier"' in shown


def test_an_information_of_service_has_no_list_to_leave(draft, atelier, signed_in):
    browser, given = signed_in(atelier), MailingList.objects.get().pk
    new = {"name": "Fermeture", "purpose": "service", "mailing_list": given, "subject": "S", "text": "T"}
    assert browser.post(f"{URL}new/", new).status_code == 302
    assert Mailing.objects.get(name="Fermeture").mailing_list is None
    wrong = browser.post(f"{URL}new/", {**new, "text": "{{prenm}}"})
    assert f'<option value="{given}" selected>' in wrong.content.decode(), "what was typed is still there"
    assert browser.post(f"{URL}new/", {**new, "name": "Offre", "purpose": "prospecting"}).status_code == 302
    assert Mailing.objects.get(name="Offre").mailing_list_id == given


def test_the_page_says_who_would_get_it_and_why_not_the_others(draft, atelier, signed_in):
    page = signed_in(atelier).get(f"{URL}{draft.pk}/recipients/").content.decode()
    assert re.search(r'class="big">1</b>', page)
    for said in (
        "Particulier sans accord préalable",
        "Pas d’adresse e-mail",
        "S’est opposé",
        "n’existe plus",
        "Même adresse",
    ):
        assert said in page


def test_what_is_missing_is_said_and_nothing_is_scheduled(draft, atelier, signed_in):
    ProspectingSettings.objects.all().delete()
    Mailing.objects.update(segment=None, subject="")
    answer = signed_in(atelier).post(f"{URL}{draft.pk}/departure/", {})
    for said in ("Écrivez un objet", "Choisissez les destinataires", "Dites qui écrit"):
        assert said in answer.content.decode()
    past = signed_in(atelier).post(f"{URL}{draft.pk}/departure/", {"at": "2020-01-01T10:00"}).content.decode()
    assert "Ce moment est passé" in past
    assert Mailing.objects.get().state == MailingState.DRAFT


def test_a_trial_goes_to_whoever_asks_and_its_link_opts_nobody_out(draft, atelier, signed_in):
    signed_in(atelier).post(f"{URL}{draft.pk}/test/")
    mail = OutgoingMail.objects.get()
    assert mail.recipient == "sales@atelier.example" and mail.subject == "[Essai] Nouveautés pour Hamon & Fils"
    assert "/d/essai" in mail.headers["List-Unsubscribe"] and not Message.objects.exists()


def test_one_that_reaches_nobody_does_not_leave_at_once(draft, atelier, signed_in):
    withdraw(channel="email", address="pro@exemple.fr", source="Appel")
    browser, page = signed_in(atelier), f"{URL}{draft.pk}/departure/"
    assert "Il ne peut pas partir tout de suite" in browser.get(page).content.decode()
    said = browser.post(page, {}).content.decode()
    assert "Personne de « Brest » ne peut le recevoir aujourd’hui" in said and f"{URL}{draft.pk}/recipients/" in said
    draft.refresh_from_db()
    assert draft.state == MailingState.DRAFT and draft.text and not Message.objects.exists()


def test_one_that_reaches_nobody_at_its_hour_is_a_draft_again_and_its_owner_knows(draft, leave, smtp):
    withdraw(channel="email", address="pro@exemple.fr", source="Appel")
    at = timezone.localtime() + dt.timedelta(days=2)
    leave(at=at.strftime("%Y-%m-%dT%H:%M"))
    Mailing.objects.update(scheduled_at=timezone.now())
    send_due()
    draft.refresh_from_db()
    assert (draft.state, draft.scheduled_at) == (MailingState.DRAFT, None) and not Message.objects.exists()
    told = Notification.objects.get(person=draft.owner)
    assert "« Printemps » n’est pas parti" in told.text and told.url == f"{URL}{draft.pk}/recipients/"


def test_a_scheduled_one_says_on_which_day_it_leaves(draft, leave, atelier, signed_in):
    at = timezone.localtime() + dt.timedelta(days=3)
    leave(at=at.strftime("%Y-%m-%dT10:00"))
    browser = signed_in(atelier)
    assert f"Partira le {day(at)} à\u00a010\u00a0h\u00a000" in browser.get(f"{URL}{draft.pk}/").content.decode()
    assert "Nouvel envoi" in browser.get(URL).content.decode()


# --- sent -------------------------------------------------------------------------------------------------------------
def test_it_reaches_those_whom_the_law_allows_with_both_headers_and_a_signature_that_verifies(leave, smtp):
    MailSettings.objects.create(sender_name="Atelier Morvan", sender_address="contact@morvan.fr")
    key = make_key("morvan.fr")
    put_into_service(key)
    mailing = leave()
    assert mailing.state == MailingState.SENT and smtp.recipients == ["pro@exemple.fr"]
    assert states(mailing) == {
        "pro@exemple.fr": "sent", "consumer@exemple.fr": "excluded", "left@exemple.fr": "excluded",
        "dead@exemple.fr": "excluded",
    }  # fmt: skip
    sender, _to, content = smtp.got[0]
    message = parsed(content)
    assert message["Subject"] == "Nouveautés pour Hamon & Fils"
    for kind in ("plain", "html"):
        body = message.get_body((kind,)).get_content()
        assert "Bonjour Pro," in body and "29200 Brest" in body and "/d/v1." in body and "rgpd@b2o.eu" in body
    ways = " ".join(message["List-Unsubscribe"].split())
    mailto = re.fullmatch(r"<http://atelier\.localhost/d/v1\.\S+>, <(mailto:\S+)>", ways)[1]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mailto.startswith("mailto:retours+atelier@b2o.eu?subject=v1.")
    assert re.fullmatch(r"retours\+atelier=\d+=[0-9a-f]{16}@b2o\.eu", sender), "a return address of its own"

    def dns(name, timeout=5):
        assert name.decode() == f"{key}."
        return record_of(key).encode()

    assert dkim.verify(content, dnsfunc=dns)
    signed = re.search(rb"h=([^;]+);", content.replace(b"\r\n", b"")).group(1).replace(b" ", b"").split(b":")
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"from", b"subject", b"to"} <= {
        one.lower() for one in signed
    }
    assert not dkim.verify(content.replace(b"One-Click", b"One-Slick"), dnsfunc=dns)
    assert content.isascii() and "é" in parsed(content).get_body(("plain",)).get_content(), "no server need convert it"
    assert "BEGIN" not in DkimKey.objects.get().private, "encrypted"


def test_service_mail_is_not_stopped_by_an_opposition_and_has_no_way_out(draft, leave, smtp):
    Mailing.objects.update(purpose="service")
    draft.refresh_from_db()
    leave()
    assert set(smtp.recipients) == {"pro@exemple.fr", "consumer@exemple.fr", "left@exemple.fr"}
    assert "List-Unsubscribe" not in parsed(smtp.got[0][2]) and "/d/" not in smtp.got[0][2].decode()


def test_consent_makes_the_consumer_a_recipient(draft, leave, smtp):
    record_consent(channel="email", address="consumer@exemple.fr", source="Salon", proof={"text": "bon"})
    leave()
    assert set(smtp.recipients) == {"pro@exemple.fr", "consumer@exemple.fr"}


def test_whoever_leaves_between_the_queue_and_the_sending_gets_nothing(draft, leave, smtp, settings):
    settings.MAIL_PER_HOUR = 0  # the outbox waits
    leave()
    assert OutgoingMail.objects.get().state == MailState.QUEUED
    withdraw(channel="email", address="pro@exemple.fr", source="Appel")
    settings.MAIL_PER_HOUR = 100
    deliver()
    send_due()
    assert not smtp.got and OutgoingMail.objects.get().state == MailState.EXCLUDED
    message = Message.objects.get(address="pro@exemple.fr")
    assert (message.state, message.reason) == (MessageState.EXCLUDED, "opted-out")
    assert Mailing.objects.get().state == MailingState.SENT


def test_it_waits_for_its_hour(draft, leave, smtp):
    at = timezone.localtime() + dt.timedelta(days=2)
    leave(at=at.strftime("%Y-%m-%dT%H:%M"))
    send_due()
    assert Mailing.objects.get().state == MailingState.SCHEDULED and not smtp.got
    Mailing.objects.update(scheduled_at=timezone.now())
    send_due()
    deliver()
    assert smtp.recipients == ["pro@exemple.fr"]


def many(segment, count: int) -> None:
    company = Company.objects.get()
    Contact.objects.bulk_create(
        Contact(last_name=f"N{n}", email=f"n{n}@exemple.fr", company=company, recipient_kind="professional")
        for n in range(count)
    )


def test_a_pause_takes_back_what_waits_and_it_resumes_where_it_stopped(
    draft, segment, leave, smtp, atelier, signed_in, settings, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("crm.actions.mailings.HELD", HELD)
    many(segment, HELD + 20)
    settings.MAIL_PER_HOUR = 8
    leave()
    assert len(smtp.got) == 8 and OutgoingMail.objects.count() == HELD + 8
    browser = signed_in(atelier)
    assert "Avancement" in browser.get(f"{URL}{draft.pk}/").content.decode()
    browser.post(f"{URL}{draft.pk}/step/", {"step": "pause"})
    assert OutgoingMail.objects.count() == 8
    settings.MAIL_PER_HOUR = 1000
    send_due()
    deliver()
    assert len(smtp.got) == 8, "nothing leaves"
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"{URL}{draft.pk}/step/", {"step": "resume"})
    send_due()
    assert Mailing.objects.get().state == MailingState.SENT
    assert len(smtp.got) == len(set(smtp.recipients)) == HELD + 21


def test_a_cancelled_one_reaches_nobody_else_and_a_rate_of_its_own_holds(
    draft, segment, leave, smtp, atelier, signed_in
):
    many(segment, 20)
    Mailing.objects.update(per_hour=5)
    draft.refresh_from_db()
    leave()
    send_due()
    assert len(smtp.got) == 5
    signed_in(atelier).post(f"{URL}{draft.pk}/step/", {"step": "cancel"})
    send_due()
    deliver()
    assert len(smtp.got) == 5
    assert Message.objects.filter(reason="cancelled").count() == 16
    again = signed_in(atelier).post(f"{URL}{draft.pk}/step/", {"step": "resume"}, follow=True)
    assert "Cet envoi est « annulé »" in again.content.decode()


def test_a_mailing_that_left_keeps_what_it_says_and_is_not_deleted(draft, leave, smtp, atelier, signed_in):
    leave()
    page = signed_in(atelier).post(
        f"{URL}{draft.pk}/edit/", {"name": "X", "purpose": "service", "subject": "Autre", "text": "Autre"}
    )
    assert "ne changent plus" in page.content.decode()
    with pytest.raises(DatabaseError, match="keeps what it says"), transaction.atomic():
        Mailing.objects.update(subject="Autre")
    assert "casserait" in signed_in(atelier).post(f"{URL}{draft.pk}/delete/").content.decode()
    figures = signed_in(atelier).get(f"{URL}{draft.pk}/recipients/").content.decode()
    assert "Particulier sans accord" in figures and "pro@exemple.fr" in figures


def test_what_a_state_keeps_is_not_offered_for_change(draft, atelier, signed_in):
    browser = signed_in(atelier)
    record, edit = f"{URL}{draft.pk}/", f"{URL}{draft.pk}/edit/"

    def offered() -> set[str]:
        return set(re.findall(r'hx-get="[^"]*/fields/(\w+)/"', browser.get(record).content.decode()))

    draft_page = browser.get(record).content.decode()
    assert f'href="{edit}"' in draft_page and {"subject", "segment", "per_hour", "name"} <= offered()
    browser.post(f"{record}fields/subject/", {"subject": "Autre"}, headers={"HX-Request": "true"})
    assert "Rétablir cette valeur" in browser.get(f"{record}history/").content.decode()
    Mailing.objects.update(state="scheduled", scheduled_at=timezone.now() + dt.timedelta(days=1))
    assert offered() == {"name", "per_hour", "owner"}
    page = browser.get(record).content.decode()
    assert f'href="{edit}"' not in page and "Repasser en brouillon" in page and "tag-form" in page
    assert " : Objet, Nouveautés" not in browser.get(f"{record}history/").content.decode()
    shown = browser.get(edit).context["form"]
    assert set(shown.fields) == {"name", "per_hour", "owner"}
    owner = User.objects.get(email="sales@atelier.example").pk
    assert browser.post(edit, {"name": "Été", "per_hour": "9", "owner": owner}).status_code == 302
    draft.refresh_from_db()
    assert (draft.name, draft.per_hour, draft.subject, draft.owner_id) == ("Été", 9, "Autre", owner)
    typed = {"subject": "Encore"}
    late = browser.post(f"{record}fields/subject/", typed, headers={"HX-Request": "true"}).content.decode()
    assert "Il redevient un brouillon" in late
    for state in ("sending", "sent"):
        Mailing.objects.update(state=state)
    assert offered() == {"name", "owner"}
    late = browser.post(f"{record}fields/subject/", typed, headers={"HX-Request": "true"}).content.decode()
    assert "Cet envoi est « envoyé »" in late and "brouillon" not in late
    put_back = browser.get(f"{record}fields/subject/?show", headers={"HX-Request": "true"}).content.decode()
    assert "Autre" in put_back and "fact-edit" not in put_back


@pytest.mark.parametrize("before", MailingState)
def test_the_database_takes_the_steps_of_the_table_and_no_other(draft, before):
    Mailing.objects.update(scheduled_at=timezone.now())
    for after in MailingState:
        Mailing.objects.all().delete()
        row = Mailing.objects.create(
            name="E", purpose="service", subject="s", text="t", scheduled_at=timezone.now(), state=before
        )
        change = Mailing.objects.filter(pk=row.pk)
        if after == before or after in NEXT[before]:
            change.update(state=after)
            continue
        with pytest.raises(DatabaseError, match="no step leads"), transaction.atomic():
            change.update(state=after)


def test_a_reader_sees_and_does_nothing(draft, atelier, signed_in):
    reader = signed_in(atelier, "reader")
    assert reader.get(f"{URL}{draft.pk}/recipients/").status_code == 200
    for page in ("departure", "step", "test"):
        assert reader.post(f"{URL}{draft.pk}/{page}/", {"step": "pause"}).status_code == 403
    assert reader.get("/crm/mailings/settings/").status_code == 403


def test_a_recipient_whose_contact_is_merged_while_the_outbox_is_fed_is_not_forgotten(make_client):
    client = make_client()
    with tenant_context(client):
        gone, kept = (
            Contact.objects.create(last_name="Riou", email="riou@exemple.fr", recipient_kind="professional")
            for _number in range(2)
        )
        mailing = Mailing.objects.create(
            name="Avis", purpose="service", subject="Fermeture", text="Bonjour", state=MailingState.SENDING,
            scheduled_at=timezone.now(),
        )  # fmt: skip
        message = Message.objects.create(mailing=mailing, contact=gone, address="riou@exemple.fr")

    def merge() -> None:
        Message.objects.filter(pk=message.pk).update(contact=kept)

    assert second_of_two(client, merge, lambda: feed(mailing)), "more may follow"
    with tenant_context(client):
        message.refresh_from_db()
    assert message.state == MessageState.SENT
