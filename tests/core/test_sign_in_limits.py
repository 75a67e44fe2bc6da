"""Limits of sign-in attempts: said in French, and counted by the visitor's own address."""

from django.test import RequestFactory

from core.accounts.adapter import AccountAdapter
from tests.conftest import visitor


def test_too_many_attempts_are_told_in_french(atelier):
    browser = visitor(atelier)
    for number in range(31):  # allauth: thirty a minute from one address
        form = {"login": f"p{number}@atelier.example", "password": "x"}
        answer = browser.post("/account/login/", form, REMOTE_ADDR="192.0.2.77")
    assert answer.status_code == 429
    assert "Attendez une minute" in answer.content.decode()


def test_behind_the_proxy_each_visitor_has_an_address_of_their_own(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.2", headers={"X-Forwarded-For": "6.6.6.6, 192.0.2.9"})
    assert AccountAdapter(request).get_client_ip(request) == "192.0.2.9"


def test_without_a_proxy_what_a_visitor_claims_is_ignored():
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.9", headers={"X-Forwarded-For": "6.6.6.6"})
    assert AccountAdapter(request).get_client_ip(request) == "192.0.2.9"


def test_no_address_at_all_is_no_error():
    request = RequestFactory().get("/", REMOTE_ADDR="")
    assert AccountAdapter(request).get_client_ip(request) == "0.0.0.0"
