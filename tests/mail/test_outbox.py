"""Mail: queued with the transaction, sent once, tried again when it may be, and told."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from core.mail import BadMail, queue_mail
from core.mail.delivering import PAUSES, deliver, most_per_hour, recover
from core.mail.outbox import send_again, settle_as_sent, sweep
from core.mail.tasks import deliver_due
from core.models import MailSettings, MailState, OutgoingMail


@pytest.fixture
def queue(atelier, django_capture_on_commit_callbacks):
    """`queue(to=…)`: queued, and the worker woken as at the commit."""

    def queue(*, runs: bool = True, **given) -> int:
        mail = {"to": "claire@exemple.fr", "subject": "Bonjour", "text": "Le texte.", "key": "essai", **given}
        with django_capture_on_commit_callbacks(execute=runs):
            return queue_mail(**mail)

    return queue


def only() -> OutgoingMail:
    return OutgoingMail.objects.get()


def make_due() -> None:
    OutgoingMail.objects.update(next_try_at=timezone.now())


# --- sent ---------------------------------------------------------------------------------------------------------
def test_a_mail_leaves_after_the_commit_with_the_dpo_in_its_footer(queue, smtp):
    assert queue(subject="Réunion à 14 h", html="<html><body><p>Oui</p></body></html>") == 1
    sender, to, content = smtp.got[0]
    message = message_from_bytes(content, policy=policy.default)
    assert (sender, to, message["Subject"]) == ("ne-pas-repondre@b2o.eu", "claire@exemple.fr", "Réunion à 14 h")
    for kind in ("plain", "html"):
        assert "Protection des données : rgpd@b2o.eu" in message.get_body((kind,)).get_content()
    assert message["Message-ID"] == only().message_id and message["Auto-Submitted"] == "auto-generated"
    assert only().state == MailState.SENT


def test_a_transaction_that_is_rolled_back_sends_nothing(atelier, smtp):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        queue_mail(to="claire@exemple.fr", subject="Bonjour", text="…", key="essai")
        raise ZeroDivisionError
    assert not OutgoingMail.objects.exists() and not smtp.got


def test_an_address_gets_a_key_once_however_it_is_written_and_often_it_is_asked(queue, smtp):
    assert queue(to=["claire@exemple.fr", "Claire@Exemple.FR", "paul@exemple.fr"]) == 2
    assert queue(to=["claire@exemple.fr", "anne@exemple.fr"]) == 1
    assert sorted(smtp.recipients) == ["anne@exemple.fr", "claire@exemple.fr", "paul@exemple.fr"]


def test_one_transaction_wakes_one_sender(atelier, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        for number in range(3):
            queue_mail(to="claire@exemple.fr", subject="Bonjour", text="…", key=f"essai-{number}")
    assert len(callbacks) == 1


def test_a_client_signs_with_its_own_name_and_address(queue, smtp):
    MailSettings.objects.create(
        sender_name="Atelier Morvan, SAV", sender_address="sav@morvan.fr", reply_to="accueil@morvan.fr"
    )
    queue()
    sender, _to, content = smtp.got[0]
    message = message_from_bytes(content, policy=policy.default)
    assert sender == "sav@morvan.fr"
    assert message["From"].addresses[0].display_name == "Atelier Morvan, SAV"
    assert message["Reply-To"] == "accueil@morvan.fr"


def test_another_clients_sender_is_its_own(queue, smtp, horizon, within):
    with within(horizon):
        MailSettings.objects.create(sender_address="contact@horizon.fr")
    queue()
    assert smtp.got[0][0] == "ne-pas-repondre@b2o.eu"


def test_accented_domains_are_written_as_the_mail_servers_know_them(queue, smtp):
    queue(to="claire@société.fr")
    assert smtp.recipients == ["claire@xn--socit-esab.fr"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"subject": "Bonjour\r\nBcc: tous@exemple.fr"}, "L’objet d’un courriel tient sur une ligne"),
        ({"subject": "Bonjour\nBcc: tous@exemple.fr"}, "L’objet"),
        ({"to": "claire@exemple.fr\r\nBcc: tous@exemple.fr"}, "n’est pas une adresse"),
        ({"to": ["claire@exemple.fr", "claire"]}, "« claire » n’est pas une adresse"),
        ({"sender": "Moi <moi@exemple.fr>\nBcc: tous@exemple.fr"}, "L’expéditeur"),
        ({"sender": "Moi"}, "n’est pas une adresse"),
        ({"headers": {"Bcc": "tous@exemple.fr"}}, "« Bcc » n’est pas permis"),
        ({"headers": {"X-A\r\nBcc": "tous@exemple.fr"}}, "n’est pas permis"),
        ({"headers": {"X-A": "b\r\nBcc: tous@exemple.fr"}}, "Un en-tête"),
        ({"key": ""}, "clé"),
    ],
)
def test_what_would_add_headers_or_is_no_address_is_refused_and_nothing_is_queued(queue, given, said):
    with pytest.raises(BadMail, match=said):
        queue(**given)
    assert not OutgoingMail.objects.exists()


# --- not sent -----------------------------------------------------------------------------------------------------
def test_a_refusal_for_now_is_tried_again_later_and_a_refusal_for_good_is_not(queue, smtp):
    smtp.answers = {"plein@exemple.fr": "452 mailbox full", "inconnu@exemple.fr": "550 no such user"}
    queue(to=["plein@exemple.fr", "inconnu@exemple.fr", "claire@exemple.fr"])
    states = dict(OutgoingMail.objects.values_list("recipient", "state"))
    assert states == {"plein@exemple.fr": "queued", "inconnu@exemple.fr": "failed", "claire@exemple.fr": "sent"}
    assert "550 no such user" in OutgoingMail.objects.get(state="failed").error
    later = OutgoingMail.objects.get(state="queued")
    assert later.next_try_at > timezone.now() + PAUSES[0] / 2
    smtp.answers = {}
    deliver()
    assert smtp.recipients == ["claire@exemple.fr"]  # not before its time
    make_due()
    deliver()
    assert smtp.recipients == ["claire@exemple.fr", "plein@exemple.fr"]


@pytest.mark.parametrize(("answer", "state"), [("451 later", "queued"), ("554 spam", "failed")])
def test_the_answer_to_the_content_counts_too(queue, smtp, answer, state):
    smtp.data = answer
    queue()
    assert only().state == state and answer[4:] in only().error


def test_what_fails_too_often_is_given_up(queue, smtp):
    smtp.answers = {"claire@exemple.fr": "452 mailbox full"}
    queue()
    for _pause in PAUSES:
        make_due()
        deliver()
    assert (only().state, only().attempts) == (MailState.ABANDONED, len(PAUSES) + 1)


def test_a_server_that_is_down_makes_the_others_wait(queue, smtp, settings):
    settings.EMAIL_PORT = 1  # nobody
    queue(to=["claire@exemple.fr", "paul@exemple.fr"])
    assert sorted(OutgoingMail.objects.values_list("state", "attempts")) == [("queued", 0), ("queued", 1)]


def test_a_line_that_falls_during_the_content_leaves_a_doubt_that_is_said(queue, smtp):
    arrived = []

    async def hang_up(server, envelope):
        arrived.append(envelope.rcpt_tos[0])
        server.transport.close()

    smtp.before_answer = hang_up
    queue()
    assert only().state == MailState.UNCERTAIN and "peut-être parti" in only().error
    deliver()
    assert arrived == ["claire@exemple.fr"]


def test_what_a_dead_worker_had_only_claimed_is_sent_and_what_it_had_handed_over_is_not(queue, smtp):
    queue(to=["avant@exemple.fr", "pendant@exemple.fr"], runs=False)
    OutgoingMail.objects.update(state=MailState.SENDING, attempts=1)
    OutgoingMail.objects.filter(recipient="pendant@exemple.fr").update(handed_over_at=timezone.now())
    recover()
    deliver()
    assert smtp.recipients == ["avant@exemple.fr"]
    assert OutgoingMail.objects.get(recipient="pendant@exemple.fr").state == MailState.UNCERTAIN


def test_a_client_sends_no_more_than_its_share_in_an_hour(queue, smtp, settings):
    settings.MAIL_PER_HOUR = 2
    queue(to=[f"n{number}@exemple.fr" for number in range(3)])
    assert len(smtp.got) == 2
    OutgoingMail.objects.filter(state="sent").update(sent_at=timezone.now() - timedelta(hours=2))
    deliver()
    assert len(smtp.got) == 3


def test_the_share_is_the_clients_own_and_takes_nothing_from_the_others(queue, smtp, horizon):
    MailSettings.objects.create(per_hour=1)
    with tenant_context(horizon):
        assert most_per_hour() == 1000
    queue(to=[f"n{number}@exemple.fr" for number in range(3)])
    assert len(smtp.got) == 1
    MailSettings.objects.update(per_hour=None)
    deliver()
    assert len(smtp.got) == 3


def test_the_share_is_set_on_the_page_of_the_sender_and_never_beyond_the_vendors(signed_in, atelier, settings):
    settings.MAIL_PER_HOUR = 50
    admin = signed_in(atelier, "administrator")
    for refused in ("51", "0", "-3", "beaucoup"):
        assert "aria-invalid" in admin.post("/mail/settings/", {"per_hour": refused}).content.decode(), refused
    assert not MailSettings.objects.exists()
    admin.post("/mail/settings/", {"per_hour": "50"})
    assert most_per_hour() == 50
    MailSettings.objects.update(per_hour=400)  # what the vendor granted, beyond
    admin.post("/mail/settings/", {"per_hour": "400", "sender_name": "Atelier"})
    assert (most_per_hour(), MailSettings.objects.get().sender_name) == (400, "Atelier")
    with pytest.raises(IntegrityError), transaction.atomic():
        MailSettings.objects.update(per_hour=0)


def test_a_person_may_send_again_what_is_doubtful_and_not_what_is_sent(queue, smtp, django_capture_on_commit_callbacks):
    queue()
    assert not send_again(only().pk)
    OutgoingMail.objects.update(state=MailState.UNCERTAIN, sent_at=None)
    with django_capture_on_commit_callbacks(execute=True):
        assert send_again(only().pk)
    assert len(smtp.got) == 2 and only().state == MailState.SENT


def test_a_doubt_is_settled_by_a_person(queue):
    queue(runs=False)
    assert not settle_as_sent(only().pk)
    OutgoingMail.objects.update(state=MailState.UNCERTAIN)
    assert settle_as_sent(only().pk) and only().state == MailState.SENT


def test_beat_wakes_only_the_clients_whose_mail_is_due(queue, horizon, monkeypatch):
    queue(runs=False)
    woken = []
    monkeypatch.setattr("core.mail.tasks.deliver.delay", lambda: woken.append(connection.schema_name))
    with schema_context("public"):
        deliver_due.delay()
    OutgoingMail.objects.update(next_try_at=timezone.now() + timedelta(hours=1))
    with schema_context("public"):
        deliver_due.delay()
    assert woken == ["atelier"]


def test_mails_are_forgotten_after_a_year(queue):
    queue(to=["a@exemple.fr", "b@exemple.fr"])
    OutgoingMail.objects.filter(recipient="a@exemple.fr").update(created_at=timezone.now() - timedelta(days=366))
    assert sweep() == 1 and only().recipient == "b@exemple.fr"


@pytest.mark.parametrize(
    "nonsense", [{"state": "lost"}, {"state": "sent"}, {"subject": "a\nb"}, {"handed_over_at": timezone.now()}]
)
def test_the_database_refuses_nonsense(queue, nonsense):
    queue(runs=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        OutgoingMail.objects.update(**nonsense)


# --- on screen ------------------------------------------------------------------------------------------------------
def test_the_outbox_is_for_administrators(queue, signed_in, atelier):
    queue(subject="Pour Claire")
    assert "Pour Claire" in signed_in(atelier, "administrator").get("/mail/").content.decode()
    for address in ("/mail/", "/mail/settings/"):
        assert signed_in(atelier, "sales").get(address).status_code == 403
    assert signed_in(atelier, "sales").post(f"/mail/{only().pk}/delivery/").status_code == 403


def test_another_client_sees_none_of_it(queue, signed_in, horizon):
    queue(subject="Pour Claire")
    stranger, pk = signed_in(horizon, "administrator"), only().pk
    assert "Pour Claire" not in stranger.get("/mail/").content.decode()
    assert stranger.post(f"/mail/{pk}/delivery/").status_code == 404


def test_the_doubtful_ones_are_said_and_dealt_with_on_the_page(queue, signed_in, atelier):
    queue(runs=False)
    OutgoingMail.objects.update(state=MailState.UNCERTAIN)
    admin = signed_in(atelier, "administrator")
    page = admin.get("/mail/").content.decode()
    assert "1 courriel est peut-être parti" in page and "Il est arrivé" in page
    admin.post(f"/mail/{only().pk}/settlement/")
    assert only().state == MailState.SENT
    assert admin.post(f"/mail/{only().pk}/settlement/").status_code == 404


def test_the_sender_is_set_on_its_page(signed_in, atelier):
    admin = signed_in(atelier, "administrator")
    admin.post("/mail/settings/", {"sender_name": "Atelier", "sender_address": "a@morvan.fr", "reply_to": ""})
    assert MailSettings.objects.get().sender_name == "Atelier"
    refused = admin.post("/mail/settings/", {"sender_name": "Atelier <x@y.fr>", "sender_address": "non"})
    assert "Un nom, sans guillemets ni chevrons" in refused.content.decode()
    assert MailSettings.objects.get().sender_address == "a@morvan.fr"
