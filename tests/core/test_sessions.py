"""One's own sessions, and the journal of the door."""

import datetime as dt

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from core.accounts.devices import device_name
from core.accounts.journal import forget_old
from core.accounts.models import DoorEvent, DoorEventKind, User
from core.models import OutgoingMail
from tests.conftest import PASSWORD, visitor

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
NEW = {"oldpassword": PASSWORD, "password1": "sept tables de chêne", "password2": "sept tables de chêne"}


@pytest.fixture
def enter(atelier):
    """`enter("sales", FIREFOX, ip="…")`: a browser that went through the sign-in page."""

    def do(who: str = "sales", agent: str = FIREFOX, ip: str = "192.0.2.7"):
        browser = visitor(atelier)
        browser.defaults.update({"HTTP_USER_AGENT": agent, "REMOTE_ADDR": ip})
        form = {"login": f"{who}@atelier.example", "password": PASSWORD}
        assert browser.post("/account/login/", form).status_code == 302
        return browser

    return do


def lines(who: str = "sales") -> list[str]:
    return list(
        DoorEvent.objects.filter(person__email=f"{who}@atelier.example").order_by("pk").values_list("kind", flat=True)
    )


def test_a_person_sees_their_sessions_with_device_and_place_and_nobody_elses(enter):
    here, _phone = enter(), enter(agent=SAFARI, ip="198.51.100.4")
    enter("admin", ip="203.0.113.9")
    text = here.get("/account/security/").content.decode()
    assert "Firefox sur Windows" in text and "Safari sur iPhone" in text and "Celle-ci" in text
    assert "192.0.2.7" in text and "198.51.100.4" in text and "203.0.113.9" not in text


def test_one_session_is_ended_from_another_and_nobody_ends_anothers(enter):
    here, phone, admin = enter(), enter(agent=SAFARI), enter("admin")
    pk = next(item["session"].pk for item in here.get("/account/security/").context["sessions"] if not item["here"])
    assert admin.post(f"/account/sessions/{pk}/end/").status_code == 404
    assert phone.get("/").status_code == 200
    here.post(f"/account/sessions/{pk}/end/")
    assert phone.get("/").status_code == 302 and here.get("/").status_code == 200


def test_signing_out_everywhere_ends_also_sessions_that_were_never_listed(enter, signed_in, atelier):
    here, phone, unlisted = enter(), enter(agent=SAFARI), signed_in(atelier, "sales")
    assert here.post("/account/sessions/end/").status_code == 302
    assert here.get("/").status_code == 200
    assert phone.get("/").status_code == unlisted.get("/").status_code == 302
    assert len(here.get("/account/security/").context["sessions"]) == 1


def test_an_administrator_ends_the_sessions_of_a_colleague(enter):
    sales, admin = enter(), enter("admin")
    pk = User.objects.get(email="sales@atelier.example").pk
    admin.post(f"/people/{pk}/sessions/")
    assert sales.get("/").status_code == 302 and admin.get("/").status_code == 200
    assert lines()[-1] == "sessions_ended"
    assert DoorEvent.objects.filter(kind="sessions_ended").get().by_name == "Admin Test"


def test_a_changed_password_leaves_one_session_in_the_list(enter):
    here, phone = enter(), enter(agent=SAFARI)
    assert here.post("/account/password/change/", NEW).status_code == 302
    assert phone.get("/").status_code == 302
    shown = here.get("/account/security/").context["sessions"]
    assert [item["here"] for item in shown] == [True]


def test_the_journal_tells_what_happened_at_the_door(enter, atelier):
    browser = enter()
    browser.post("/account/logout/")
    visitor(atelier).post("/account/login/", {"login": "sales@atelier.example", "password": "non"})
    again = enter()
    again.post("/account/password/change/", NEW)
    assert lines() == ["signed_in", "signed_out", "failed", "signed_in", "password"]
    first = DoorEvent.objects.filter(kind="signed_in").first()
    assert (first.address, first.device, first.means) == ("192.0.2.7", "Firefox sur Windows", "password")
    assert "Mot de passe refusé" in again.get("/account/security/").content.decode()


def test_what_was_typed_for_an_unknown_address_is_not_kept(atelier):
    visitor(atelier).post("/account/login/", {"login": "mon-mot-de-passe@oups.example", "password": "x"})
    event = DoorEvent.objects.get()
    assert event.kind == "failed" and event.person_id is None and "oups" not in str(vars(event))


def test_too_many_tries_are_one_line_of_the_journal(atelier):
    browser = visitor(atelier)
    for _number in range(20):
        browser.post("/account/login/", {"login": "sales@atelier.example", "password": "non"})
    assert lines().count("limited") == 1 and lines().count("failed") == 10


def test_administrators_read_the_journal_of_the_instance_and_filter_it(enter, sales):
    enter()
    admin = enter("admin")
    assert sales.get("/people/journal/").status_code == 403
    text = admin.get("/people/journal/").content.decode()
    assert text.count("Connexion</span>") >= 2 and "sales@atelier.example" in text
    pk = User.objects.get(email="admin@atelier.example").pk
    only = admin.get(f"/people/journal/?person={pk}&kind=signed_in")
    assert [item["event"].person_id for item in only.context["lines"]] == [pk]
    assert admin.get("/people/journal/?person=x&kind=x&before=x").status_code == 200


def test_the_journal_goes_on_past_a_page(enter, django_assert_num_queries):
    admin = enter("admin")
    DoorEvent.objects.bulk_create([DoorEvent(kind="failed") for _ in range(70)])
    first = admin.get("/people/journal/")
    second = admin.get(first.context["more_url"])
    seen = [item["event"].pk for page in (first, second) for item in page.context["lines"]]
    assert len(seen) == len(set(seen)) == DoorEvent.objects.count()


def test_the_journal_is_not_rewritten_and_goes_after_a_year(atelier):
    DoorEvent.objects.create(kind="failed")
    old = DoorEvent.objects.create(kind="failed", at=timezone.now() - dt.timedelta(days=400))
    for statement in (
        "UPDATE accounts_doorevent SET kind = 'limited'",
        "DELETE FROM accounts_doorevent",
        "TRUNCATE accounts_doorevent",
    ):
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert forget_old() == 1
    assert not DoorEvent.objects.filter(pk=old.pk).exists() and DoorEvent.objects.count() == 1


def test_a_sign_in_on_a_new_device_is_told_by_mail_a_known_one_is_not(enter):
    known = enter()
    assert not OutgoingMail.objects.exists()  # the first time of all is no surprise
    known.post("/account/logout/")
    known.post("/account/login/", {"login": "sales@atelier.example", "password": PASSWORD})
    assert not OutgoingMail.objects.exists()
    enter(agent=SAFARI, ip="198.51.100.4")
    told = OutgoingMail.objects.get()
    assert told.recipient == "sales@atelier.example" and "Safari sur iPhone (198.51.100.4)" in told.text
    assert "/account/security/" in told.text and len(mail.outbox) <= 1


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (FIREFOX, "Firefox sur Windows"),
        (SAFARI, "Safari sur iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge sur Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", "Safari sur Mac"),
        ("curl/8.5", "Appareil inconnu"),
        ("", "Appareil inconnu"),
    ],
)  # fmt: skip
def test_a_device_is_said_in_words(agent, said):
    assert device_name(agent) == said


def test_every_kind_of_line_is_known_to_the_database(atelier):
    with pytest.raises(IntegrityError), transaction.atomic():
        DoorEvent.objects.create(kind="autre")
    assert len(DoorEventKind.values) == 10
