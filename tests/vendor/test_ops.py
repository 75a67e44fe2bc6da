"""The screens of ops: the fleet, a new client, its states. The control plane only, and nobody of a client."""

import io
import re
import time

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context
from PIL import Image

from core.accounts.models import User
from core.models import CalendarSettings
from tenants.models import Client, Domain, State
from tests.conftest import PASSWORD
from vendor.admin import ops as site

NEW = {
    "code": "menuiserie", "name": "Menuiserie Duval", "siret": "732 829 320 00074", "vat_number": "FR44 732829320",
    "street": "1 rue des Bois", "postcode": "67000", "city": "Strasbourg", "hue": "120", "zone": "alsace-moselle",
    "email": "Anne@duval.example", "first_name": "Anne", "last_name": "Duval",
}  # fmt: skip


def test_no_model_of_a_client_is_registered():
    shared = {apps.get_app_config(label).name for label in {model._meta.app_label for model in site._registry}}
    only_of_clients = {name for name in settings.TENANT_APPS if name not in settings.SHARED_APPS}
    assert shared <= set(settings.SHARED_APPS)
    assert not shared & (only_of_clients | {"core.accounts", "allauth.account", "django.contrib.auth"})


def test_no_address_of_the_admin_leads_to_a_model_of_a_client(ops, atelier):
    for model in apps.get_models():
        if model in site._registry:
            continue
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert ops.get(address).status_code == 404, address


def test_a_clients_administrator_is_nobody_here(atelier, signed_in):
    browser = HttpClient(headers={"host": "ops.localhost"})
    browser.cookies = signed_in(atelier, "administrator").cookies
    assert browser.get("/admin/").status_code == 302
    assert (
        browser.post(
            "/account/login/", {"login": "admin@atelier.example", "password": "correct horse battery"}
        ).status_code
        == 200
    )


def test_somebody_of_b2o_who_is_not_staff_stays_outside(db):
    with schema_context("public"):
        person = User.objects.create_user("dpo@b2o.example")
    browser = HttpClient(headers={"host": "ops.localhost"})
    browser.force_login(person)
    assert browser.get("/admin/").status_code == 302


def test_staff_sets_a_second_factor_up_before_anything_else(db):
    with schema_context("public"):
        person = User.objects.create_user("neuf@b2o.example", is_staff=True)
        person.set_password(PASSWORD)
        person.save()
    browser = HttpClient(headers={"host": "ops.localhost"})
    assert browser.post("/account/login/", {"login": person.email, "password": PASSWORD}).status_code == 302
    for address in ("/admin/", "/admin/tenants/client/", "/admin/documents/x"):
        assert browser.get(address)["Location"] == "/account/2fa/needed/", address
    assert browser.get("/account/2fa/needed/").status_code == 200
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    secret = browser.get("/account/2fa/totp/activate/").context["form"].secret
    code = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    assert browser.post("/account/2fa/totp/activate/", {"code": code}, follow=True).status_code == 200
    assert browser.get("/admin/").status_code == 200
    again = HttpClient(headers={"host": "ops.localhost"})
    answer = again.post("/account/login/", {"login": person.email, "password": PASSWORD})
    assert answer["Location"] == "/account/2fa/authenticate/" and again.get("/admin/").status_code == 302


def test_the_fleet_is_one_page_whose_queries_do_not_grow_with_it(ops, atelier, horizon):
    page = ops.get("/admin/").content.decode()
    assert "Atelier Morvan" in page and "Horizon Promotion" in page
    with CaptureQueriesContext(connection) as both:
        ops.get("/admin/")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE public.tenants_client SET schema_name = 'disparu' WHERE code = 'horizon'")
        cursor.execute("DELETE FROM public.tenants_domain WHERE domain = 'horizon.localhost'")
    Client.objects.filter(code="horizon").delete()
    with CaptureQueriesContext(connection) as one:
        ops.get("/admin/")
    assert len(one) == len(both) < 15


def test_ops_make_a_client_on_one_screen_and_its_administrator_is_invited(ops, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = ops.post("/admin/tenants/client/add/", NEW)
    with schema_context("public"):
        client = Client.objects.get(code="menuiserie")
    assert answer.status_code == 302 and answer["Location"] == f"/admin/tenants/client/{client.pk}/change/"
    assert (client.siret, client.vat_number, client.state) == ("73282932000074", "FR44732829320", "trial")
    with tenant_context(client):
        person = User.objects.get()
        assert person.email == "anne@duval.example" and not person.has_usable_password()
        assert [role.code for role in person.roles.all()] == ["administrator"]
        assert CalendarSettings.objects.get().zone == "alsace-moselle"
    (invitation,) = mail.outbox
    assert invitation.to == ["anne@duval.example"]
    link = re.search(r"http://menuiserie\.localhost(/account/invitation/\S+)", invitation.body)[1]
    instance = HttpClient(headers={"host": "menuiserie.localhost"})
    assert instance.get(link).status_code == 200
    password = {"password1": "un atelier sous la pluie", "password2": "un atelier sous la pluie"}
    taken = instance.post(
        link, {"first_name": "Anne", "last_name": "Duval", "password": password["password1"], **password}
    )
    assert taken.status_code == 302
    assert instance.get("/people/").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"siret": "73282932000075"}, "est faux"),
        ({"vat_number": "FR83404833048"}, "pas celui de l’entreprise"),
        ({"code": "ops"}, "réservé"),
        ({"code": "atelier"}, "existe déjà"),
        ({"email": "pas une adresse"}, "adresse"),
        ({"name": ""}, "obligatoire"),
        ({"hue": "400"}, "359"),
    ],
)
def test_what_is_wrong_with_a_new_client_is_said_and_nothing_is_made(ops, atelier, wrong, words):
    answer = ops.post("/admin/tenants/client/add/", NEW | wrong)
    assert answer.status_code == 200 and words in answer.content.decode()
    assert (
        not Client.objects.filter(code="menuiserie").exists()
        and not Domain.objects.filter(domain__startswith="menuis").exists()
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'menuiserie'")
        assert cursor.fetchone() == (0,)
    assert mail.outbox == []


def test_ops_suspend_a_client_and_open_it_again(ops, atelier):
    page = ops.get(f"/admin/tenants/client/{atelier.pk}/change/").content.decode()
    assert "Suspendre" in page and "Mettre en service" not in page  # no contract
    assert ops.get(f"/admin/tenants/client/{atelier.pk}/state/suspended/").status_code == 405
    ops.post(f"/admin/tenants/client/{atelier.pk}/state/suspended/")
    atelier.refresh_from_db()
    assert atelier.state == State.SUSPENDED
    assert atelier.changes.get().actor == "Équipe Ops"
    refused = ops.post(f"/admin/tenants/client/{atelier.pk}/state/live/", follow=True)
    assert "Aucun contrat" in refused.content.decode()
    ops.post(f"/admin/tenants/client/{atelier.pk}/state/trial/")
    atelier.refresh_from_db()
    assert atelier.state == State.TRIAL


def form_of(client, **values):
    fields = ("name", "siret", "vat_number", "street", "postcode", "city", "hue", "chroma")
    form = {name: getattr(client, name) or "" for name in fields}
    for prefix in ("domains", "changes"):
        form |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return form | values


def test_a_logo_is_drawn_anew_and_shown_by_the_instance(ops, atelier):
    from tenants.middleware import forget_hosts
    from tests.conftest import visitor

    drawn = io.BytesIO()
    Image.new("RGB", (800, 400), "red").save(drawn, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0secret-place")
    drawn.name = "logo.jpg"
    drawn.seek(0)
    address = f"/admin/tenants/client/{atelier.pk}/change/"
    assert ops.post(address, form_of(atelier, logo=drawn)).status_code == 302
    forget_hosts()
    browser = visitor(atelier)
    page = browser.get("/account/login/").content.decode()
    assert "/brand/logo" in page
    answer = browser.get("/brand/logo")
    body = b"".join(answer.streaming_content)
    assert answer.headers["Content-Type"] == "image/png" and b"secret-place" not in body
    assert Image.open(io.BytesIO(body)).size == (192, 96)
    forget_hosts()
    wrong = io.BytesIO(b"<svg onload=alert(1)>")
    wrong.name = "logo.png"
    assert "ne se lit pas" in ops.post(address, form_of(atelier, logo=wrong)).content.decode()


def test_an_instance_without_a_logo_has_none(atelier):
    from tests.conftest import visitor

    assert visitor(atelier).get("/brand/logo").status_code == 404
