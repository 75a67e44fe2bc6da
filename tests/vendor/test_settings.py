"""A client's administrator says who the company is and how its pages look; what is wrong is refused, nothing kept."""

import datetime as dt
import io

import pytest
from django.db import transaction
from django_tenants.utils import schema_context
from PIL import Image

from core.business_time.of_client import calendar_of_client
from core.models import CalendarSettings
from tenants.middleware import forget_hosts
from tenants.models import Client

GOOD = {
    "name": "Morvan & filles", "siret": "732 829 320 00074", "vat_number": "fr44 732829320", "street": "1 rue des Bois",
    "postcode": "67000", "city": "Strasbourg", "zone": "alsace-moselle", "hue": "120",
}  # fmt: skip
ADDRESS = "/settings/instance/"


@pytest.fixture(autouse=True)
def _forget():
    yield
    forget_hosts()


@pytest.fixture
def admin(atelier, signed_in):
    return signed_in(atelier, "administrator")


def picture(kind="PNG") -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (600, 300), "teal").save(out, kind)
    out.name = f"logo.{kind.lower()}"
    out.seek(0)
    return out


def test_identity_days_off_colour_and_logo_are_the_administrators(
    admin, atelier, django_capture_on_commit_callbacks
):  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        assert admin.post(ADDRESS, {**GOOD, "logo": picture()}).status_code == 302
    client = Client.objects.get(pk=atelier.pk)
    assert (client.siret, client.vat_number, client.hue) == ("73282932000074", "FR44732829320", 120)
    assert CalendarSettings.objects.get().zone == "alsace-moselle"
    assert not calendar_of_client().is_working_day(dt.date(2026, 12, 26))
    page = admin.get("/").content.decode()
    assert "Morvan &amp; filles" in page and "/brand/logo?" in page and "brand.css?120" in page
    first = client.logo.name
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(ADDRESS, {**GOOD, "hue": "262", "logo": picture("WEBP")})
    client.refresh_from_db()
    assert client.hue is None and client.logo.name != first and not client.logo.storage.exists(first)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"siret": "73282932000075"}, "est faux"),
        ({"vat_number": "FR83404833048"}, "pas celui de l’entreprise"),
        ({"zone": "lune"}, "Sélectionnez"),
        ({"hue": "360"}, "359"),
        ({"name": " "}, "obligatoire"),
        ({"logo": io.BytesIO(b"<svg onload=alert(1)>")}, "ne se lit pas"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(admin, atelier, wrong, words):
    for file in wrong.values():
        if isinstance(file, io.BytesIO):
            file.name = "logo.png"
    with transaction.atomic():
        answer = admin.post(ADDRESS, GOOD | wrong)
    assert answer.status_code == 200 and words in answer.content.decode()
    assert Client.objects.get(pk=atelier.pk).name == "Atelier Morvan" and not CalendarSettings.objects.exists()


def test_only_administrators_and_only_their_own_company(atelier, horizon, signed_in, admin):
    assert signed_in(atelier, "sales").get(ADDRESS).status_code == 403
    assert signed_in(atelier, "sales").post(ADDRESS, GOOD).status_code == 403
    admin.post(ADDRESS, {**GOOD, "id": horizon.pk, "code": "horizon", "state": "closed"})
    with schema_context("public"):
        other = Client.objects.get(pk=horizon.pk)
    assert other.name == "Horizon Promotion" and Client.objects.get(pk=atelier.pk).state == "trial"
