"""The pages around the modules, the security headers, and calm when a server is down."""

import re

import pytest
from django.conf import settings
from django.core import mail
from django.db import OperationalError
from django.urls import get_resolver
from redis.exceptions import ConnectionError as RedisDown

from core.accounts.access import Level
from core.accounts.models import User
from core.registry import registry
from tests.conftest import PASSWORD, visitor
from tests.contract.test_guarded import PUBLIC


def routes(patterns, prefix=""):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, prefix + str(pattern.pattern))
        else:
            yield pattern.name, prefix + str(pattern.pattern)


def test_every_address_outside_the_short_public_list_wants_a_signed_in_person(atelier):
    browser = visitor(atelier)
    seen = 0
    for name, route in routes(get_resolver("config.urls").url_patterns):
        url = "/" + re.sub(r"<[^>]+>", "1", route)
        if name in PUBLIC or "(?P" in url:
            continue
        answer = browser.get(url)
        seen += 1
        if answer.headers["Content-Type"] == "application/problem+json":  # the API tells programs, not browsers
            assert url.startswith("/api/") and answer.status_code == 401, url
            continue
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/account/login/"), url
    assert seen > 15


@pytest.mark.parametrize("url", ["/", "/account/login/", "/crm/companies/", "/nope/", "/crm/companies/4242/"])
def test_every_answer_carries_the_policy(sales, url):
    headers = sales.get(url).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("url", ["/", "/crm/companies/", "/crm/companies/new/", "/people/", "/styleguide",
                                 "/confidentialite/",                                 "/account/password/change/"])  # fmt: skip
def test_no_page_names_a_foreign_address_or_carries_inline_code(atelier, signed_in, url):
    text = signed_in(atelier, "administrator").get(url, follow=True).content.decode()
    assert not re.search(r"""(?:src|action|data-url|srcset)=["']?(?:https?:)?//""", text)
    assert not re.search(r"""<link[^>]+href=["']?(?:https?:)?//""", text)
    assert " style=" not in text and " onclick=" not in text and "hx-on" not in text
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", text)


def test_static_files_carry_the_policy_too(atelier):
    from django.http import HttpRequest, HttpResponse
    from django.utils.module_loading import import_string

    policy = "core.csp.ContentSecurityPolicyMiddleware"
    assert settings.MIDDLEWARE.index(policy) < settings.MIDDLEWARE.index("whitenoise.middleware.WhiteNoiseMiddleware")
    around = import_string(policy)(lambda request: HttpResponse())
    assert around(HttpRequest()).headers["Content-Security-Policy"]


def test_a_refusal_is_one_line_of_the_log_and_a_failure_keeps_its_traceback():
    import logging
    import sys

    from tenants.log import RefusalFilter

    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        caught = sys.exc_info()
    kept = []
    for status in (403, 404, 500):
        record = logging.makeLogRecord({"levelno": logging.ERROR, "exc_info": caught, "status_code": status})
        RefusalFilter().filter(record)
        kept.append((record.levelname == "INFO", record.exc_info is None))
    assert kept == [(True, True), (True, True), (False, False)]


def test_the_dpo_is_named_on_every_page(sales, atelier):
    for url in ("/", "/crm/companies/", "/confidentialite/", "/account/password/change/"):
        assert settings.DPO_EMAIL in sales.get(url).content.decode(), url
    assert settings.DPO_EMAIL in visitor(atelier).get("/account/login/").content.decode()
    assert "cnil.fr" in sales.get("/confidentialite/").content.decode()


def test_the_palette_finds_rows_pages_and_actions(sales, make_company):
    make_company("Charpentes Riou", city="Brest")
    text = sales.get("/palette/", {"q": "riou"}).content.decode()
    assert "Charpentes Riou" in text and 'role="option"' in text
    assert "Nouvelle société" in sales.get("/palette/", {"q": "nouvelle soc"}).content.decode()
    assert "/crm/contacts/" in sales.get("/palette/").content.decode()


def test_the_palette_tells_namesakes_apart(sales, make_company):
    make_company("Menuiserie Riou", city="Brest")
    make_company("Menuiserie Riou", city="Vannes", relation="customer")
    text = sales.get("/palette/", {"q": "riou"}).content.decode()
    assert "<small>Brest · Prospect</small>" in text and "<small>Vannes · Client</small>" in text


def test_the_palette_goes_to_every_page_of_the_menu_and_to_no_other(signed_in, atelier, reader):
    chief = signed_in(atelier, "administrator")
    for someone in (chief, reader):
        someone.user = someone.get("/").wsgi_request.user
        menu = {item["url"] for group in someone.get("/").context["shell"]["menu"] for item in group["items"]}
        offered = {option["url"] for option in someone.get("/palette/").context["groups"][0]["options"]}
        lists = {resource.entry_url() for resource in registry if resource.may(someone.user, Level.READ)}
        assert menu <= offered and offered - menu - lists <= {"/notifications/", "/api/docs"}
    for word, label in (("corbeille", "Corbeille"), ("personnes", "Personnes"), ("tableau", "Tableau de bord")):
        assert label in chief.get("/palette/", {"q": word}).content.decode()
    assert "Personnes" not in reader.get("/palette/", {"q": "personnes"}).content.decode()


def test_the_palette_hides_what_a_reader_may_not_do(reader, atelier):
    assert "/new/" not in reader.get("/palette/", {"q": "nouv"}).content.decode()


def test_preferences_are_cookies_that_the_server_reads(sales):
    assert sales.post("/preferences/", {"theme": "dark", "density": "compact"}).status_code == 302
    text = sales.get("/").content.decode()
    assert 'data-theme="dark"' in text and 'data-density="compact"' in text
    sales.post("/preferences/", {"theme": '"><script>'})
    assert 'data-theme="dark"' in sales.get("/").content.decode()
    assert sales.get("/preferences/").status_code == 405


def test_only_administrators_see_people_and_they_see_their_roles(atelier, signed_in):
    assert signed_in(atelier, "sales").get("/people/").status_code == 403
    text = signed_in(atelier, "administrator").get("/people/").content.decode()
    assert "sales@atelier.example" in text and "Commercial" in text


# --- signing in -----------------------------------------------------------------------------------------------------
def test_signing_in_and_out(atelier):
    browser = visitor(atelier)
    assert browser.get("/").headers["Location"] == "/account/login/?next=/"
    answer = browser.post(
        "/account/login/?next=/crm/companies/", {"login": "Sales@Atelier.example", "password": PASSWORD}
    )
    assert answer.status_code == 302 and answer.headers["Location"] == "/crm/companies/"
    assert browser.get("/crm/companies/").status_code == 200
    out = browser.post("/account/logout/")
    assert out.status_code == 302 and "Clear-Site-Data" in out.headers
    assert browser.get("/crm/companies/").status_code == 302


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(atelier):
    wrong = visitor(atelier).post("/account/login/", {"login": "sales@atelier.example", "password": "non"})
    unknown = visitor(atelier).post("/account/login/", {"login": "personne@atelier.example", "password": "non"})
    assert wrong.context["form"].errors == unknown.context["form"].errors
    assert wrong.status_code == unknown.status_code == 200


def test_a_deactivated_person_cannot_sign_in_and_loses_the_open_session(atelier, signed_in):
    browser = signed_in(atelier, "sales")
    User.objects.filter(email="sales@atelier.example").update(is_active=False)
    assert browser.get("/").status_code == 302
    answer = visitor(atelier).post("/account/login/", {"login": "sales@atelier.example", "password": PASSWORD})
    assert answer.status_code != 302 or "inactive" in answer.headers["Location"]


def test_nobody_signs_up(atelier):
    assert visitor(atelier).post("/account/signup/", {"email": "x@y.example", "password1": PASSWORD}).status_code in (
        302,
        405,
    )
    assert not User.objects.filter(email="x@y.example").exists()


def test_a_password_is_reset_by_a_link_that_works_once(atelier):
    browser = visitor(atelier)
    browser.post("/account/password/reset/", {"email": "sales@atelier.example"})
    message = mail.outbox[-1]
    assert message.to == ["sales@atelier.example"] and "Atelier Morvan" in message.subject + message.body
    path = re.search(r"https?://atelier\.localhost(/account/password/reset/key/\S+)", message.body)[1]
    form = browser.get(path, follow=True)
    place = form.redirect_chain[-1][0]
    new = {"password1": "sept tables de chêne", "password2": "sept tables de chêne"}
    assert browser.post(place, new).status_code == 302
    assert User.objects.get(email="sales@atelier.example").check_password("sept tables de chêne")
    assert 'name="password1"' not in visitor(atelier).get(path, follow=True).content.decode()


def test_asking_a_reset_for_an_unknown_address_sends_nothing_and_says_the_same(atelier):
    known = visitor(atelier).post("/account/password/reset/", {"email": "sales@atelier.example"}, follow=True)
    sent = len(mail.outbox)
    unknown = visitor(atelier).post("/account/password/reset/", {"email": "personne@atelier.example"}, follow=True)
    assert len(mail.outbox) == sent
    assert known.redirect_chain == unknown.redirect_chain


@pytest.mark.parametrize("password", ["court", "123456789012345", "sales@atelier.example"])
def test_a_weak_password_is_refused(atelier, signed_in, password):
    browser = signed_in(atelier, "sales")
    form = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    answer = browser.post("/account/password/change/", form)
    assert answer.status_code == 200 and answer.context["form"].errors


def test_a_wrong_current_password_is_said_so(atelier, signed_in):
    form = {"oldpassword": "un autre", "password1": "sept tables de chêne", "password2": "sept tables de chêne"}
    answer = signed_in(atelier, "sales").post("/account/password/change/", form)
    assert "pas votre mot de passe actuel" in str(answer.context["form"].errors["oldpassword"])


def test_a_changed_password_ends_the_other_sessions(atelier, signed_in):
    here, elsewhere = signed_in(atelier, "sales"), signed_in(atelier, "sales")
    new = "sept tables de chêne"
    assert (
        here.post(
            "/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
        ).status_code
        == 302
    )
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


# --- when something is down -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("error", [OperationalError("server closed"), RedisDown("refused")])
def test_a_server_that_is_down_gives_a_503_page_in_french(atelier, signed_in, monkeypatch, error):
    browser = signed_in(atelier, "sales")
    browser.raise_request_exception = False

    def down(*args, **kwargs):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("core.dashboards.layout.home", down)
        answer = browser.get("/")
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert "réessay" in answer.content.decode().lower()


def test_a_failure_in_our_code_is_a_500_page_that_tells_nothing(atelier, signed_in, monkeypatch):
    browser = signed_in(atelier, "sales")
    browser.raise_request_exception = False

    def broken(*args, **kwargs):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("core.dashboards.layout.home", broken)
    answer = browser.get("/")
    assert answer.status_code == 500 and "secret" not in answer.content.decode()


def test_health_says_ok_on_any_host(db):
    from django.test import Client as HttpClient

    assert HttpClient(headers={"host": "10.0.0.1"}).get("/sante/").content == b"ok"
