"""B2O's support in an instance: only under an access that an administrator opened, to read, and every page is told."""

import datetime as dt
import re

import pytest
from django.core.exceptions import ValidationError
from django.db import InternalError, connection, transaction
from django.db.utils import IntegrityError
from django.test import Client as HttpClient
from django.urls import get_resolver
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from core.accounts.actions import support as actions
from core.accounts.models import SupportAccess, SupportVisit, User
from core.models import Event, Notification
from crm.models import Company
from tests.conftest import visitor
from tests.contract.test_guarded import addresses

REASON = "Le tri des sociétés ne garde pas l’ordre"
FORM = {"modules": ["crm"], "hours": "4", "reason": REASON}


@pytest.fixture
def admin(atelier, signed_in):
    return signed_in(atelier, "administrator")


@pytest.fixture
def access(admin) -> SupportAccess:
    assert admin.post("/people/support/new/", FORM).status_code == 302
    return SupportAccess.objects.get()


def link_of(ops, client, access) -> str:
    """What ops' page leads to: the path on the client's host."""
    page = ops.post(f"/admin/support/{client.pk}/{access.pk}/").content.decode()
    return re.search(rf'href="http://{client.host}(?::\d+)?(/support/enter/[^"]+)"', page)[1]


@pytest.fixture
def support(ops, atelier, access) -> HttpClient:
    """Somebody of the support, inside the instance."""
    browser = visitor(atelier)
    link = link_of(ops, atelier, access)
    assert REASON in browser.get(link).content.decode()
    assert browser.post(link)["Location"] == "/"
    return browser


# --- what it allows -------------------------------------------------------------------------------------------------
def test_the_support_reads_what_was_opened_and_each_page_is_told_at_its_name(support, admin, access):
    company = Company.objects.create(name="Charpentes Riou", credit_limit=98765)
    page = support.get("/crm/companies/").content.decode()
    assert "Charpentes Riou" in page and "en lecture seule" in page and "Nouvelle société" not in page
    record = support.get(f"/crm/companies/{company.pk}/").content.decode()
    assert "Charpentes Riou" in record and not re.search("Encours|98.765", record)
    told = admin.get(f"/people/support/{access.pk}/").content.decode()
    assert f"/crm/companies/{company.pk}/" in told and "Équipe Ops" in told
    event = Event.objects.filter(model="accounts.supportvisit").latest("pk")
    assert event.actor_name == "Équipe Ops (support B2O)" and event.actor_id is None
    assert event.operation == f"support:{access.pk}"
    assert User.objects.count() == 3  # no account was made, and nobody's was used


def test_all_administrators_see_it_while_it_runs_and_nobody_else(access, admin, atelier, signed_in):
    assert "Le support de B2O a un accès" in admin.get("/").content.decode()
    assert "Le support de B2O a un accès" not in signed_in(atelier, "sales").get("/").content.decode()
    other = User.objects.create_user("seconde@atelier.example")
    other.roles.set(User.objects.get(email="admin@atelier.example").roles.all())
    admin.post(f"/people/support/{access.pk}/revocation/")
    assert "Le support de B2O a un accès" not in admin.get("/").content.decode()


def test_other_administrators_are_told_that_it_was_opened_and_that_somebody_came(ops, admin, atelier):
    other = User.objects.create_user("seconde@atelier.example", password=None)
    other.set_password("une table sous la pluie")
    other.save()
    other.roles.set(User.objects.get(email="admin@atelier.example").roles.all())
    admin.post("/people/support/new/", FORM)
    assert visitor(atelier).post(link_of(ops, atelier, SupportAccess.objects.get())).status_code == 302
    texts = [told.text for told in Notification.objects.filter(person=other).order_by("pk")]
    assert texts == [
        "Admin Test a ouvert un accès au support de B2O.",
        "Équipe Ops est entré pour le support de B2O.",
    ]


def test_ops_see_which_clients_opened_an_access(ops, access, atelier):
    assert "accès ouvert" in ops.get("/admin/").content.decode()
    page = ops.get("/admin/support/").content.decode()
    assert "Atelier Morvan" in page and REASON in page
    assert ops.get(f"/admin/support/{atelier.pk}/{access.pk}/").status_code == 302  # a link opens nothing


# --- what it refuses ------------------------------------------------------------------------------------------------
def test_revoked_it_is_over_with_the_next_page(support, admin, access):
    assert support.get("/crm/companies/").status_code == 200
    assert admin.post(f"/people/support/{access.pk}/revocation/").status_code == 302
    answer = support.get("/crm/companies/")
    assert answer.status_code == 403 and "ne s’ouvre pas" in answer.content.decode()
    assert support.get("/crm/companies/")["Location"].startswith("/account/login/")
    again = admin.post(f"/people/support/{access.pk}/revocation/", follow=True)
    assert "déjà fini" in again.content.decode()


def test_expired_it_is_over_with_the_next_page(support, access, ops, atelier):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE accounts_supportaccess DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE accounts_supportaccess SET granted_at = now() - interval '5 h', ends_at = now() - interval '1 s'"
        )
        cursor.execute("ALTER TABLE accounts_supportaccess ENABLE TRIGGER USER")
    assert support.get("/crm/companies/").status_code == 403
    page = ops.post(f"/admin/support/{atelier.pk}/{access.pk}/", follow=True).content.decode()
    assert "Cet accès est fini" in page and "/support/enter/" not in page


def test_who_leaves_the_staff_is_out_at_once(support):
    with schema_context("public"):
        User.objects.filter(email="ops@b2o.example").update(is_active=False)
    assert support.get("/crm/companies/").status_code == 403


def test_a_ticket_opens_once_for_two_minutes_and_only_its_own_client(ops, atelier, horizon, access, monkeypatch):
    link = link_of(ops, atelier, access)
    with tenant_context(horizon):
        stranger = visitor(horizon)
        assert stranger.get(link).status_code == stranger.post(link).status_code == 403
        assert SupportVisit.objects.count() == 0
    assert visitor(atelier).post(link).status_code == 302
    second = visitor(atelier)
    assert second.post(link).status_code == 403 and second.get("/crm/companies/").status_code == 302
    late = link_of(ops, atelier, access)
    monkeypatch.setattr(actions, "TICKET_LIFE", -1)
    assert visitor(atelier).post(late).status_code == 403


def test_the_session_of_the_support_is_worth_nothing_at_another_client(support, horizon):
    browser = visitor(horizon)
    browser.cookies = support.cookies
    with tenant_context(horizon):
        assert browser.get("/crm/companies/")["Location"].startswith("/account/login/")


def test_hr_and_the_settings_are_never_opened(admin):
    for module in ("hr", "settings", "crm,hr"):
        answer = admin.post("/people/support/new/", FORM | {"modules": module.split(",")})
        assert answer.status_code == 200 and answer.context["form"].errors["modules"]
    boss = User.objects.get(email="admin@atelier.example")
    with pytest.raises(ValidationError):
        actions.grant(modules=["hr"], reason=REASON, hours=1, by=boss)
    now = timezone.now()
    for modules in (["hr"], ["crm", "hr"], ["settings"], []):
        with pytest.raises(IntegrityError), transaction.atomic():
            SupportAccess.objects.create(
                modules=modules, reason=REASON, granted_by=boss, granted_at=now, ends_at=now + dt.timedelta(hours=1)
            )  # fmt: skip


def test_only_what_the_giver_sees_whole_is_lent_and_only_by_who_administers(atelier, signed_in, admin):
    assert signed_in(atelier, "sales").get("/people/support/").status_code == 403
    role = User.objects.get(email="admin@atelier.example").roles.get()
    role.scopes = {"crm": "own"}
    role.save()
    assert admin.post("/people/support/new/", FORM).context["form"].errors["modules"]


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"hours": "9999"}, {"modules": []}])
def test_an_access_has_a_reason_an_end_and_something_to_read(admin, wrong):
    answer = admin.post("/people/support/new/", FORM | wrong)
    assert answer.status_code == 200 and answer.context["form"].errors and not SupportAccess.objects.exists()


def test_an_access_is_kept_as_it_was_given(access):
    for change in ({"ends_at": timezone.now() + dt.timedelta(days=3)}, {"modules": ["sav"]}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SupportAccess.objects.filter(pk=access.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        SupportAccess.objects.filter(pk=access.pk).delete()


def test_the_support_writes_nothing_takes_nothing_out_and_opens_nobodys_account(support, access):
    company = Company.objects.create(name="Charpentes Riou")
    for address in ("/crm/companies/new/", f"/crm/companies/{company.pk}/edit/", "/people/", "/preferences/"):
        assert support.post(address, {"name": "Autre"}).status_code == 403, address
    for address in ("/account/security/", "/api/crm/companies/", "/crm/companies/export/", "/people/", "/files/x/"):
        assert support.get(address).status_code == 403, address
    assert Company.objects.get().name == "Charpentes Riou"
    assert SupportVisit.objects.filter(step="refused", path="/crm/companies/new/").count() == 1


def test_whatever_page_it_opens_postgresql_refuses_to_write_under_it(support, monkeypatch):
    company = Company.objects.create(name="Charpentes Riou")
    opened = 0
    for _name, route, callback in addresses(get_resolver("config.urls").url_patterns):
        path = "/" + re.sub(r"<int:\w+>", str(company.pk), route.lstrip("^"))
        if "<" in path or "(" in path or path.startswith(("/account", "/support")) or callback is None:
            continue
        answer = support.get(path)
        assert answer.status_code in (200, 302, 403, 404, 405), path
        opened += answer.status_code == 200
    assert opened > 15
    from core.views.listing import ListView

    monkeypatch.setattr(ListView, "get", lambda self, request: Company.objects.create(name="Par le support"))
    with pytest.raises(InternalError):
        support.get("/crm/companies/")
    assert Company.objects.count() == 1


def test_leaving_ends_the_session_and_is_told(support, access):
    assert "sorti" in support.post("/support/leave/").content.decode()
    assert support.get("/")["Location"].startswith("/account/login/")
    assert list(access.visits.order_by("pk").values_list("step", flat=True)) == ["entered", "left"]
