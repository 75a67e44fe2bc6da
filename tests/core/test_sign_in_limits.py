"""Limits of sign-in attempts: said in French, and counted by the visitor's own address."""

from django.test import RequestFactory

from core.accounts.adapter import AccountAdapter
from tests.conftest import PASSWORD, visitor


def test_too_many_attempts_are_told_in_french(atelier, settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "5/m/ip"}
    browser = visitor(atelier)
    for number in range(6):
        form = {"login": f"p{number}@atelier.example", "password": "x"}
        answer = browser.post("/account/login/", form, REMOTE_ADDR="192.0.2.77")
    assert answer.status_code == 429
    assert "Attendez une minute" in answer.content.decode()


def test_one_persons_failures_do_not_close_the_door_to_colleagues_behind_the_same_address(atelier):
    browser, office = visitor(atelier), {"REMOTE_ADDR": "192.0.2.77"}
    for _number in range(25):
        answer = browser.post("/account/login/", {"login": "reader@atelier.example", "password": "x"}, **office)
    assert "tentatives" in answer.content.decode()  # that account waits
    good = {"login": "admin@atelier.example", "password": PASSWORD}
    assert visitor(atelier).post("/account/login/", good, **office).status_code == 302


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
