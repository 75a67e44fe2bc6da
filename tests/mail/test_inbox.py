"""The demo's mail server and its pages: what a mail brings is shown, and does nothing."""

import stat
import subprocess
import sys
from email.message import EmailMessage
from smtplib import SMTP

import pytest
from django.conf import settings as project
from django.core import mail as sent
from django.urls import NoReverseMatch, reverse

from config.demo import free_port
from config.inbox.store import keep
from tests.conftest import visitor
from tests.workers import wait_for


@pytest.fixture
def folder(tmp_path, settings):
    settings.DATA_DIR, settings.ROOT_URLCONF = tmp_path, "tests.mail.inbox_urls"
    return tmp_path / "mail"


@pytest.fixture
def admin(atelier, signed_in):
    return signed_in(atelier, "administrator")


def mail(client: str = "atelier", subject: str = "Bonjour", html: str = "") -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["X-MyB2O-Client"] = subject, "a@exemple.fr", client
    message["Date"] = "Wed, 25 Nov 2026 10:00:00 +0100"
    message.set_content("Voir http://atelier.localhost/ <b>vite</b>")
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def test_the_inbox_does_not_exist_outside_the_demo(admin):
    assert project.DEMO is False
    with pytest.raises(NoReverseMatch):
        reverse("demo-inbox")
    assert admin.get("/demo/mail/").status_code == 404


def test_a_mail_is_listed_and_read(folder, admin):
    name = keep(folder, mail(subject="Votre <lien>"), ["claire@exemple.fr"])
    listed = admin.get("/demo/mail/").content.decode()
    assert "Votre &lt;lien&gt;" in listed and "claire@exemple.fr" in listed
    page = admin.get(f"/demo/mail/{name}/").content.decode()
    assert '<a href="http://atelier.localhost/"' in page and "&lt;b&gt;vite" in page and "<b>vite" not in page
    assert b"Subject:" in admin.get(f"/demo/mail/{name}/raw/").content


@pytest.mark.parametrize("zone", ["-0000", "+0000", "GMT"])
def test_the_hour_of_a_mail_is_that_of_paris(folder, admin, zone):
    content = mail().replace(b"10:00:00 +0100", f"10:11:00 {zone}".encode())
    name = keep(folder, content, ["claire@exemple.fr"])
    for page in ("/demo/mail/", f"/demo/mail/{name}/"):
        assert "à\u00a011\u00a0h\u00a011" in admin.get(page).content.decode()


def test_html_is_shown_in_a_sandbox_only(folder, admin):
    name = keep(folder, mail(html="<script>alert(1)</script><p>Fort</p>"), ["claire@exemple.fr"])
    page = admin.get(f"/demo/mail/{name}/")
    assert "<script>alert" not in page.content.decode() and "<iframe" in page.content.decode()
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    framed = admin.get(f"/demo/mail/{name}/html/")
    assert framed.headers["Content-Security-Policy"].endswith("; sandbox")
    assert "default-src 'none'" in framed.headers["Content-Security-Policy"]
    assert "script-src" not in framed.headers["Content-Security-Policy"]


def test_the_inbox_is_for_the_clients_own_administrators(folder, admin, signed_in, atelier, horizon):
    own, other = keep(folder, mail(), ["a@exemple.fr"]), keep(folder, mail("horizon", "Ailleurs"), ["b@exemple.fr"])
    for page in ("", "html/", "raw/"):
        assert admin.get(f"/demo/mail/{own}/{page}").status_code == 200
        assert admin.get(f"/demo/mail/{other}/{page}").status_code == 404
        assert signed_in(atelier, "sales").get(f"/demo/mail/{own}/{page}").status_code == 403
        assert visitor(atelier).get(f"/demo/mail/{own}/{page}").status_code == 302
    assert "Ailleurs" not in admin.get("/demo/mail/").content.decode()


@pytest.mark.parametrize("name", ["x", "1764000000000000000-0000000g", "%2e%2e%2fsecret-key"])
def test_only_mails_are_read(folder, admin, name):
    keep(folder, mail(), ["a@exemple.fr"])
    assert admin.get(f"/demo/mail/{name}/raw/").status_code == 404


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe\x00", b"Subject: =?utf-8?q?=FF?=\r\nContent-Type: text/plain; charset=nope\r\n\r\n\xe9"]
)
def test_a_mail_that_is_none_is_shown_all_the_same(folder, admin, raw):
    name = keep(folder, b"X-MyB2O-Client: atelier\r\n" + raw, ["a@exemple.fr"])
    assert admin.get("/demo/mail/").status_code == 200
    for page in ("", "html/", "raw/"):
        assert admin.get(f"/demo/mail/{name}/{page}").status_code == 200


def test_the_server_keeps_what_it_gets_for_its_owner_only(tmp_path):
    port, folder = free_port(), tmp_path / "mail"
    process = subprocess.Popen(
        [sys.executable, "-m", "config.inbox.server", str(port), str(folder)], cwd=project.BASE_DIR,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for(lambda: "listening" in process.stderr.readline())
        with SMTP("127.0.0.1", port) as server:
            server.sendmail("a@exemple.fr", ["b@exemple.fr", "c@exemple.fr"], mail())
        kept = list(folder.glob("*.eml"))
    finally:
        process.terminate()
        assert process.wait(20) == 0
    assert len(kept) == 1 and b"X-MyB2O-Envelope-To: b@exemple.fr, c@exemple.fr" in kept[0].read_bytes()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and stat.S_IMODE(kept[0].stat().st_mode) == 0o600


def test_the_link_that_sets_a_password_leaves_at_once_in_the_clients_name(atelier, settings):
    from core.models import MailSettings, OutgoingMail

    MailSettings.objects.create(sender_name="Atelier", sender_address="atelier@morvan.fr")
    visitor(atelier).post("/account/password/reset/", {"email": "sales@atelier.example"})
    message = sent.outbox[0]
    assert message.from_email == "Atelier <atelier@morvan.fr>" and message.extra_headers["X-MyB2O-Client"] == "atelier"
    assert settings.DPO_EMAIL in message.body
    assert not OutgoingMail.objects.exists()  # nowhere kept


def test_a_mail_server_that_is_down_says_nothing_of_who_is_known(atelier, settings, caplog):
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    known = visitor(atelier).post("/account/password/reset/", {"email": "sales@atelier.example"})
    unknown = visitor(atelier).post("/account/password/reset/", {"email": "personne@atelier.example"})
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert "account mail not sent" in caplog.text
