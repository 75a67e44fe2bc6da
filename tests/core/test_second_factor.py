"""Codes, recovery codes, and roles that demand a second factor. Passkeys: tests/browser/test_people.py."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp

from core.accounts.models import DoorEvent, Role, User
from core.models import OutgoingMail
from tests.conftest import PASSWORD, visitor

SIGN_IN = {"login": "sales@atelier.example", "password": PASSWORD}


def code_of(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def entered(atelier):
    """Somebody who came through the page and has just typed their password again, as allauth demands of such changes."""

    def do(who: str = "sales"):
        browser = visitor(atelier)
        browser.post("/account/login/", {"login": f"{who}@atelier.example", "password": PASSWORD})
        browser.post("/account/reauthenticate/", {"password": PASSWORD})
        return browser

    return do


@pytest.fixture
def with_codes(entered):
    """(browser, secret, recovery codes) of sales after setting the application up."""
    browser = entered()
    page = browser.get("/account/2fa/totp/activate/")
    secret = page.context["form"].secret
    answer = browser.post("/account/2fa/totp/activate/", {"code": code_of(secret)}, follow=True)
    codes = re.findall(r"<code>([^<]+)</code>", answer.content.decode())
    return browser, secret, codes


def test_a_second_factor_is_changed_only_by_whoever_typed_their_password_again(atelier, signed_in):
    browser = signed_in(atelier, "sales")
    for page in ("totp/activate/", "webauthn/add/", "recovery-codes/generate/"):
        answer = browser.get(f"/account/2fa/{page}")
        assert answer.status_code == 302 and "reauthenticate" in answer.headers["Location"], page


def test_with_the_application_a_password_alone_no_longer_signs_in(atelier, with_codes):
    _browser, secret, codes = with_codes
    assert len(codes) == 10
    browser = visitor(atelier)
    assert browser.post("/account/login/", SIGN_IN).headers["Location"] == "/account/2fa/authenticate/"
    assert browser.get("/crm/companies/").status_code == 302
    wrong = browser.post("/account/2fa/authenticate/", {"code": "000000"})
    assert "bon" in str(wrong.context["form"].errors) and DoorEvent.objects.filter(kind="factor_failed").exists()
    assert browser.post("/account/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302
    assert browser.get("/crm/companies/").status_code == 200
    assert DoorEvent.objects.filter(kind="signed_in").order_by("-pk").first().means == "totp"


def test_a_code_does_not_serve_twice(atelier, with_codes):
    _browser, secret, _codes = with_codes
    code = code_of(secret)
    answers = []
    for _time in range(2):
        browser = visitor(atelier)
        browser.post("/account/login/", SIGN_IN)
        answers.append(browser.post("/account/2fa/authenticate/", {"code": code}).status_code)
    assert answers == [302, 200]


def test_a_recovery_code_opens_once_and_codes_are_shown_once(atelier, with_codes):
    owner, _secret, codes = with_codes
    for expected in (302, 200):
        browser = visitor(atelier)
        browser.post("/account/login/", SIGN_IN)
        assert browser.post("/account/2fa/authenticate/", {"code": codes[0]}).status_code == expected
    assert codes[1] not in owner.get("/account/2fa/recovery-codes/").content.decode()


def test_the_secret_does_not_lie_in_the_database_as_it_is(with_codes):
    _browser, secret, codes = with_codes
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept and not any(code in kept for code in codes)


def test_nobody_switches_off_anothers_codes_with_only_an_open_session(atelier, with_codes, signed_in):
    thief = signed_in(atelier, "sales")
    thief.post("/account/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(type="totp").exists()


# --- compulsory -----------------------------------------------------------------------------------------------------
@pytest.fixture
def demanded(atelier):
    Role.objects.filter(code="sales").update(second_factor=True)


def test_whoever_must_have_a_second_factor_sees_nothing_before_it_is_there(atelier, demanded, entered):
    browser = entered()
    for url in ("/", "/crm/companies/", "/palette/"):
        assert browser.get(url).headers["Location"] == "/account/2fa/needed/", url
    assert browser.post("/crm/companies/new/", {"name": "X"}).status_code == 302
    assert browser.get("/api/crm/companies/").status_code == 403
    swapped = browser.get("/crm/companies/", headers={"HX-Request": "true"})
    assert swapped.headers["HX-Redirect"] == "/account/2fa/needed/"
    assert "Commercial" in browser.get("/account/2fa/needed/").content.decode()
    assert browser.get("/account/security/").status_code == 200 and browser.get("/confidentialite/").status_code == 200
    page = browser.get("/account/2fa/totp/activate/")
    browser.post("/account/2fa/totp/activate/", {"code": code_of(page.context["form"].secret)})
    assert browser.get("/crm/companies/").status_code == 200
    assert browser.get("/account/2fa/needed/").status_code == 302


def test_the_last_second_factor_of_such_a_role_stays(atelier, demanded, entered):
    browser = entered()
    page = browser.get("/account/2fa/totp/activate/")
    browser.post("/account/2fa/totp/activate/", {"code": code_of(page.context["form"].secret)})
    assert "demande un second facteur" in browser.post("/account/2fa/totp/deactivate/").content.decode()
    assert Authenticator.objects.filter(type="totp").exists()


def test_others_are_asked_nothing(demanded, atelier, signed_in):
    assert signed_in(atelier, "reader").get("/crm/companies/").status_code == 200


def test_a_demanded_factor_costs_no_query_more(atelier, signed_in):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = signed_in(atelier, "sales")
    browser.get("/notifications/")
    with CaptureQueriesContext(connection) as queries:
        browser.get("/notifications/")
    about = [
        query["sql"] for query in queries if "mfa_authenticator" in query["sql"] or "accounts_role" in query["sql"]
    ]
    assert len(about) == 1


def test_an_administrator_helps_after_a_lost_telephone_and_the_person_is_told(atelier, with_codes, signed_in):
    owner, _secret, _codes = with_codes
    pk = User.objects.get(email="sales@atelier.example").pk
    assert signed_in(atelier, "reader").post(f"/people/{pk}/factors/").status_code == 403
    signed_in(atelier, "administrator").post(f"/people/{pk}/factors/")
    assert owner.get("/").status_code == 302  # sessions end with it
    assert visitor(atelier).post("/account/login/", SIGN_IN).headers["Location"] == "/"
    assert "Admin Test" in OutgoingMail.objects.get(key__startswith="factors:").text
    assert DoorEvent.objects.filter(kind="factor_removed", by_name="Admin Test").exists()


def test_a_passkey_that_is_none_is_refused(atelier):
    browser = visitor(atelier)
    options = browser.get("/account/2fa/webauthn/login/", headers={"Accept": "application/json"}).json()
    assert options["request_options"]["publicKey"]["rpId"] == "atelier.localhost"
    for forged in (
        "",
        "{}",
        "[]",
        "1",
        '{"id": "x", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": "e30", "authenticatorData": "x", "signature": "x", "userHandle": "é"}}',
        '{"response": {"userHandle": "MQ"}}',
        '{"id": "x", "response": {}}',
    ):
        answer = browser.post("/account/2fa/webauthn/login/", {"credential": forged})
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/account/login/"), forged
    assert browser.get("/").status_code == 302
