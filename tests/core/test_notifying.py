"""By which way people are told: the bell, a mail at once, the morning's digest, or not at all."""

import datetime as dt
import threading

import pytest
from django.db import connection
from django_tenants.utils import schema_context, tenant_context

from core.accounts.models import User
from core.actions.notifications import choose, mark_read, notify
from core.models import Channel, Notification, OutgoingMail
from core.notifying.kinds import ASSIGNED, JOB, MENTION, kinds
from core.notifying.mails import send_digests
from core.notifying.tasks import digest

DAY = dt.date(2026, 11, 25)


def person(name: str = "reader") -> User:
    return User.objects.get(email=f"{name}@atelier.example")


def tell(text: str = "Bonjour", kind=JOB, name: str = "reader") -> Notification | None:
    return notify(person(name), kind, text, "/crm/companies/")


def mails() -> list[str]:
    return list(OutgoingMail.objects.order_by("pk").values_list("subject", flat=True))


# --- each by the way they chose -----------------------------------------------------------------------------------
def test_a_mention_comes_by_mail_with_an_address_that_leads_to_the_instance(atelier):
    tell("Anna vous a cité", MENTION)
    mail = OutgoingMail.objects.get()
    assert (mail.recipient, mail.subject) == ("reader@atelier.example", "Anna vous a cité")
    for part in (mail.text, mail.html):
        assert "http://atelier.localhost/crm/companies/" in part
        assert "http://atelier.localhost/notifications/preferences/" in part


@pytest.mark.parametrize(
    ("channel", "rung", "mailed", "waits"),
    [("bell", 1, 0, False), ("email", 1, 1, False), ("digest", 1, 0, True), ("none", 0, 0, False)],
)
def test_each_way_does_what_it_says(atelier, channel, rung, mailed, waits):
    choose(person(), "job", Channel(channel))
    tell()
    assert (Notification.objects.count(), OutgoingMail.objects.count()) == (rung, mailed)
    assert Notification.objects.filter(in_digest=True).exists() is waits


def test_the_choice_of_one_is_not_the_choice_of_another(atelier):
    choose(person(), "mention", Channel.NONE)
    assert tell("À toi", MENTION) is None and tell("À vous", MENTION, "sales") is not None


def test_who_left_is_written_to_no_more(atelier):
    User.objects.filter(pk=person().pk).update(is_active=False)
    choose(person(), "job", Channel.DIGEST)
    tell("Anna vous a cité", MENTION), tell()
    assert send_digests(DAY) == 0 and not mails()


def test_an_address_that_no_server_takes_keeps_nobody_from_their_work(atelier):
    User.objects.filter(pk=person().pk).update(email="sans adresse")
    notify(User.objects.get(email="sans adresse"), MENTION, "Bonjour", "/")
    assert Notification.objects.count() == 1 and not mails()


def test_a_text_with_line_breaks_makes_no_header(atelier):
    tell("Une\r\nBcc: tous@exemple.fr", MENTION)
    assert mails() == ["Une Bcc: tous@exemple.fr"]


def test_the_preferences_page_keeps_what_is_chosen_and_leaves_what_is_nonsense(reader, atelier):
    page = reader.get("/notifications/preferences/").content.decode()
    assert all(str(kind.label) in page for kind in kinds())
    reader.post("/notifications/preferences/", {"mention": "digest", "job": "telepathy", "nothing": "bell"})
    again = reader.get("/notifications/preferences/")
    assert {row["kind"].code: row["chosen"] for row in again.context["rows"]} == {
        "mention": "digest", "assigned": "bell", "support": "bell", "job": "bell", "crm-reminder": "email",
        "crm-mailing-stopped": "email",
    }  # fmt: skip


# --- the digest ---------------------------------------------------------------------------------------------------
@pytest.fixture
def digests(atelier):
    for name in ("reader", "sales"):
        choose(person(name), "job", Channel.DIGEST)


def test_the_digest_has_what_is_unread_and_comes_once_a_day(digests):
    tell("Un"), tell("Deux")
    read = tell("Lue")
    mark_read(Notification.objects.filter(pk=read.pk))
    assert (send_digests(DAY), send_digests(DAY)) == (1, 0)
    assert mails() == ["2 nouveautés pour vous"]
    text = OutgoingMail.objects.get().text
    assert "Un\n" in text and "Deux\n" in text and "Lue" not in text


def test_what_comes_after_the_digest_waits_for_the_next_day(digests):
    tell("Un")
    send_digests(DAY)
    tell("Deux")
    assert send_digests(DAY) == 0
    assert send_digests(DAY + dt.timedelta(days=1)) == 1
    assert "Deux" in OutgoingMail.objects.last().text and "Un\n" not in OutgoingMail.objects.last().text


def test_nothing_new_is_no_mail(digests):
    assert send_digests(DAY) == 0 and not mails()


def test_a_long_digest_says_how_many_more(digests):
    for number in range(53):
        tell(f"n{number}")
    send_digests(DAY)
    assert mails() == ["53 nouveautés pour vous"] and "Et 3 autres" in OutgoingMail.objects.get().text


def test_each_person_gets_their_own(digests):
    tell("Pour la lectrice"), tell("Pour le vendeur", name="sales")
    assert send_digests(DAY) == 2
    assert "vendeur" not in OutgoingMail.objects.get(recipient="reader@atelier.example").text


def test_beat_wakes_only_the_clients_that_have_news(digests, horizon, monkeypatch):
    tell("Un")
    woken = []
    monkeypatch.setattr("core.notifying.tasks.digest_here.delay", lambda: woken.append(connection.schema_name))
    with schema_context("public"):
        digest.delay()
    assert woken == ["atelier"]


def test_two_beats_at_once_send_one(make_client):
    client = make_client("double")
    with tenant_context(client):
        reader = User.objects.get(email="reader@double.example")
        choose(reader, "job", Channel.DIGEST)
        notify(reader, JOB, "Un", "/")
    start = threading.Barrier(4)

    def work() -> None:
        with tenant_context(client):
            start.wait(30)
            send_digests(DAY)
        connection.close()

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant_context(client):
        assert OutgoingMail.objects.count() == 1


# --- who is given a record ----------------------------------------------------------------------------------------
def told() -> list[tuple[str, str]]:
    return list(Notification.objects.filter(kind=ASSIGNED.code).values_list("person__email", "text"))


def test_who_is_given_a_record_is_told_and_who_takes_one_is_not(signed_in, atelier, make_company):
    admin, sales = signed_in(atelier, "administrator"), person("sales")
    row = make_company("Dupont")
    form = {"name": "Dupont", "kind": "business", "relation": "prospect"}
    admin.post(f"/crm/companies/{row.pk}/edit/", {**form, "owner": sales.pk})
    assert told() == [("sales@atelier.example", "Admin Test vous confie « Dupont »")]
    admin.post(f"/crm/companies/{row.pk}/edit/", {**form, "owner": sales.pk, "city": "Lyon"})
    admin.post(f"/crm/companies/{row.pk}/edit/", {**form, "owner": person("admin").pk})
    assert len(told()) == 1


def test_many_records_at_once_are_one_news(atelier, make_company):
    from django.http import QueryDict

    from core.actions.bulk import Selection, change_rows
    from crm.resources.company import CompanyResource

    rows = [make_company(f"Maison {number}") for number in range(3)]
    admin = person("admin")
    selection = Selection(CompanyResource, admin, QueryDict(), frozenset(row.pk for row in rows))
    change_rows(selection, {"owner": person("sales")}, stamp=selection.stamp, by=admin)
    assert told() == [("sales@atelier.example", "Admin Test vous confie 3 fiches (sociétés)")]
