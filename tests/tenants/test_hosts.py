"""Which host leads where, and what a host never shows."""

import pytest
from django.conf import settings
from django.test import Client as HttpClient
from django.urls import reverse

from tests.conftest import PASSWORD, visitor


def test_an_unknown_host_is_a_404_page_and_nothing_else(db):
    answer = HttpClient(headers={"host": "inconnu.localhost"}).get("/crm/companies/")
    assert answer.status_code == 404
    assert "inconnu" not in answer.headers.get("Set-Cookie", "")
    assert "sessionid" not in answer.cookies and "b2o_session" not in answer.cookies


@pytest.mark.parametrize("host", ["evil.example", "atelier.localhost.evil.example", "a b", "b2o_template.localhost"])
def test_a_foreign_or_malformed_host_is_a_404(db, atelier, host):
    assert HttpClient(headers={"host": host}).get("/").status_code == 404


def test_case_port_and_trailing_dot_of_a_host_do_not_matter(atelier):
    for host in ("ATELIER.localhost", "atelier.localhost:8000", "atelier.localhost."):
        answer = HttpClient(headers={"host": host}).get("/account/login/")
        assert answer.status_code == 200, host
        assert "Atelier Morvan" in answer.content.decode()


@pytest.mark.parametrize(
    ("host", "text"), [("localhost", "MyB2O"), ("www.localhost", "MyB2O"), ("dpo.localhost", "rgpd@b2o.eu")]
)
def test_the_vendors_hosts_answer_from_the_public_schema(db, host, text):
    answer = HttpClient(headers={"host": host}).get("/")
    assert answer.status_code == 200 and text in answer.content.decode()


def test_a_clients_pages_do_not_exist_on_the_vendors_hosts(db):
    for host in ("localhost", "ops.localhost", "dpo.localhost"):
        assert HttpClient(headers={"host": host}).get("/crm/companies/").status_code == 404, host


def test_the_admin_exists_on_ops_only(atelier, signed_in):
    assert signed_in(atelier, "administrator").get("/admin/").status_code == 404
    assert HttpClient(headers={"host": "localhost"}).get("/admin/").status_code == 404
    assert HttpClient(headers={"host": "ops.localhost"}).get("/admin/").status_code == 302


def test_the_admin_registers_no_model_of_a_client():
    from config import urls_ops

    control_plane = {"tenants", "backups", "policies", "vendor"}
    assert {model._meta.app_label for model in urls_ops.ops._registry} == control_plane
    assert not {model for model in urls_ops.ops._registry if model._meta.app_label in settings.TENANT_APPS}


def test_a_suspended_client_gets_a_503_that_says_so(atelier):
    from tenants.models import State
    from tenants.states import set_state

    browser = visitor(atelier)
    assert browser.get("/account/login/").status_code == 200
    from tenants.middleware import forget_hosts

    set_state(atelier, State.SUSPENDED)
    forget_hosts()
    try:
        answer = browser.get("/account/login/")
        assert answer.status_code == 503 and "suspend" in answer.content.decode().lower()
        assert answer.headers["Retry-After"]
        assert browser.get("/crm/companies/").status_code == 503
        privacy = browser.get(reverse("privacy"))
        assert privacy.status_code == 200 and "rgpd@b2o.eu" in privacy.content.decode()
        assert browser.get(reverse("brand")).status_code == 200
    finally:
        atelier.state = State.TRIAL
        forget_hosts()


def test_a_session_of_one_client_is_worthless_on_another(atelier, horizon, signed_in):
    browser = signed_in(horizon, "administrator")
    assert browser.get("/").status_code == 200
    stolen = visitor(atelier)
    stolen.cookies = browser.cookies
    assert stolen.get("/").status_code == 302
    assert stolen.get("/crm/companies/").headers["Location"].startswith("/account/login/")


def test_an_account_of_one_client_does_not_exist_for_another(atelier, horizon):
    form = {"login": "admin@horizon.example", "password": PASSWORD}
    assert visitor(horizon).post("/account/login/", form).status_code == 302
    assert visitor(atelier).post("/account/login/", form).status_code == 200


def test_the_session_cookie_belongs_to_one_host_only(atelier):
    answer = visitor(atelier).post("/account/login/", {"login": "admin@atelier.example", "password": PASSWORD})
    cookie = answer.cookies["b2o_session"]
    assert cookie["domain"] == "" and cookie["httponly"] and cookie["samesite"] == "Lax"


@pytest.mark.parametrize("host", ["localhost", "www.localhost", "ops.localhost", "dpo.localhost"])
def test_a_vendors_host_cannot_be_given_to_a_client(atelier, host):
    from django.core.exceptions import ValidationError

    from tenants.models import Domain

    with pytest.raises(ValidationError, match="B2O"):
        Domain(domain=host, tenant=atelier).full_clean()
