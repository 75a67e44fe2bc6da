"""The keys that sign a client's mails: made, published, put into service, by administrators."""

import dns.resolver
import pytest

from config.inbox.answers import bounce, complaint
from core.mail.dkim import record_of
from core.mail.returns import read
from core.models import DkimKey, MailSettings

URL = "/mail/signature/"


@pytest.fixture
def admin(atelier, signed_in):
    MailSettings.objects.create(sender_address="contact@morvan.fr")
    return signed_in(atelier, "administrator")


class Shown:
    """What a DNS answers."""

    def __init__(self, text: str) -> None:
        self.strings = [text[start : start + 255].encode() for start in range(0, len(text), 255)]


def test_a_key_is_made_published_seen_and_signs_alone(admin, monkeypatch):
    for _twice in range(2):
        admin.post(URL, {"do": "make"})
    second, first = DkimKey.objects.all()
    assert first.selector != second.selector and not DkimKey.objects.filter(active=True).exists()
    page = admin.get(URL).content.decode()
    assert (
        f"{first.selector}._domainkey.morvan.fr" in page and record_of(first) in page and "ne sont pas signés" in page
    )

    answers = {}
    monkeypatch.setattr(dns.resolver, "resolve", lambda name, kind, lifetime: answers.get(name, []))
    said = admin.post(URL, {"do": "check", "key": first.pk}, follow=True).content.decode()
    assert "ne montre pas encore" in said
    answers[f"{first}."] = [Shown("v=spf1 -all"), Shown(record_of(first))]
    assert "Le DNS montre cette clé" in admin.post(URL, {"do": "check", "key": first.pk}, follow=True).content.decode()

    def silent(*args, **kwargs):
        raise dns.resolver.LifetimeTimeout(timeout=5, errors=[])

    monkeypatch.setattr(dns.resolver, "resolve", silent)
    assert "ne répond pas" in admin.post(URL, {"do": "check", "key": first.pk}, follow=True).content.decode()
    for key in (first, second):
        admin.post(URL, {"do": "start", "key": key.pk})
        assert DkimKey.objects.get(active=True) == key
    admin.post(URL, {"do": "stop", "key": second.pk})
    assert not DkimKey.objects.filter(active=True).exists()
    assert admin.post(URL, {"do": "start", "key": "999"}).status_code == 404


def test_only_administrators_make_keys(atelier, signed_in):
    assert signed_in(atelier, "sales").post(URL, {"do": "make"}).status_code == 403
    assert not DkimKey.objects.exists()


def test_the_demos_addresses_answer_as_real_ones_do():
    sent = b"Message-ID: <1@atelier>\r\nX-MyB2O-Client: atelier\r\n\r\nBonjour"
    back = read(bounce(sent, "x@rebond.example", "retours+atelier=12=0123456789abcdef@b2o.eu"))
    assert (back.report.kind, back.report.code, back.report.hard) == ("bounce", "5.1.1", True)
    assert (back.client, back.mail) == ("atelier", 12)
    spam = read(complaint(sent, "retours+atelier=12=0123456789abcdef@b2o.eu"))
    assert (spam.report.kind, spam.mail, spam.message_id) == ("complaint", 12, "<1@atelier>")
