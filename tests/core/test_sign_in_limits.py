"""Limits of sign-in attempts: said in French, and counted by the visitor's own address."""

import re

from django.core import mail
from django.test import RequestFactory
from django_tenants.utils import tenant_context

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


OFFICE, STRANGER = {"REMOTE_ADDR": "192.0.2.77"}, {"REMOTE_ADDR": "203.0.113.5"}
GOOD = {"login": "reader@atelier.example", "password": PASSWORD}


def fail(browser, times: int, login: str = "reader@atelier.example", **place):
    for _number in range(times):
        answer = browser.post("/account/login/", {"login": login, "password": "x"}, **place)
    return answer


def test_one_persons_failures_do_not_close_the_door_to_colleagues_behind_the_same_address(atelier):
    browser = visitor(atelier)
    assert "tentatives" in fail(browser, 25, **OFFICE).content.decode()  # that account waits, from that place
    good = {"login": "admin@atelier.example", "password": PASSWORD}
    assert visitor(atelier).post("/account/login/", good, **OFFICE).status_code == 302


def test_a_stranger_who_fails_in_my_name_does_not_make_me_wait(atelier):
    assert "tentatives" in fail(visitor(atelier), 25, **STRANGER).content.decode()
    assert visitor(atelier).post("/account/login/", GOOD, **OFFICE).status_code == 302


def test_a_colleague_who_fails_in_my_name_at_the_same_address_does_not_stop_my_own_computer(atelier):
    mine = visitor(atelier)
    mine.post("/account/login/", GOOD, **OFFICE)
    mine.post("/account/logout/")
    fail(visitor(atelier), 25, **OFFICE)
    assert visitor(atelier).post("/account/login/", GOOD, **OFFICE).status_code == 200  # a computer that I never used
    assert mine.post("/account/login/", GOOD, **OFFICE).status_code == 302


def test_guesses_from_everywhere_stop_but_not_for_the_owners_computer_nor_for_their_link(atelier, settings):
    settings.SIGN_IN_LIMITS = {**settings.SIGN_IN_LIMITS, "everywhere": "8/h/key"}
    mine = visitor(atelier)
    mine.post("/account/login/", GOOD, **OFFICE)
    mine.post("/account/logout/")
    for number in range(9):
        answer = fail(visitor(atelier), 1, REMOTE_ADDR=f"203.0.113.{number}")
    assert "tentatives" in answer.content.decode()
    assert visitor(atelier).post("/account/login/", GOOD, REMOTE_ADDR="198.51.100.1").status_code == 200
    assert mine.post("/account/login/", GOOD, **OFFICE).status_code == 302
    new = visitor(atelier)
    new.post("/account/password/reset/", {"email": "reader@atelier.example"})
    link = re.search(r"https?://atelier\.localhost(/account/\S+)", mail.outbox[-1].body)[1]
    place = new.get(link, follow=True).redirect_chain[-1][0]
    chosen = {"password1": "sept tables de chêne", "password2": "sept tables de chêne"}
    assert new.post(place, chosen, REMOTE_ADDR="198.51.100.1").status_code == 302
    assert new.get("/").status_code == 200


def test_a_stolen_device_cookie_does_not_give_endless_guesses_nor_anothers_exemption(atelier):
    mine = visitor(atelier)
    mine.post("/account/login/", GOOD, **OFFICE)
    mine.post("/account/logout/")
    assert "tentatives" in fail(mine, 25, **STRANGER).content.decode()
    other = fail(mine, 25, login="sales@atelier.example", **STRANGER)
    assert "tentatives" in other.content.decode()


def test_the_cookie_of_a_device_is_nothing_at_another_client(atelier, horizon):
    mine = visitor(atelier)
    mine.post("/account/login/", GOOD, **OFFICE)
    elsewhere = visitor(horizon)
    elsewhere.cookies = mine.cookies
    with tenant_context(horizon):
        answer = fail(elsewhere, 12, login="reader@horizon.example", **OFFICE)
    assert "tentatives" in answer.content.decode()


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
