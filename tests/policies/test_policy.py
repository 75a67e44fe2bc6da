"""The policy's versions never change; an important one stops everything until it is read, and the proof is kept."""

import hashlib

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from core.accounts.models import User
from core.models import PolicyReading
from policies.current import forget
from policies.models import PolicyVersion
from policies.text import as_html
from tests.conftest import PASSWORD, visitor

READING = "/confidentialite/lecture/"


@pytest.fixture
def publish(db):
    """`publish("Texte", material=True)`: a version of a test's own, known to this process until the test ends."""

    def do(text: str = "Un texte.", *, code: str = "2027-01", module: str = "", material: bool = True) -> PolicyVersion:
        with schema_context("public"):
            made = PolicyVersion.objects.create(code=code, module=module, text=text, material=material)
            made.refresh_from_db()
        forget()
        return made

    forget()
    yield do
    forget()


def read(browser, *versions: PolicyVersion):
    return browser.post(READING, {"number": [version.pk for version in versions], "read": "on"})


# --- versions -------------------------------------------------------------------------------------------------------
def test_a_version_has_the_hash_of_its_text_whatever_is_claimed(publish):
    text = "Des données à caractère personnel, en français."
    made = publish(text)
    assert made.sha256 == hashlib.sha256(text.encode()).hexdigest()
    with schema_context("public"):
        forged = PolicyVersion.objects.create(code="x", text="x", sha256="0" * 64)
        forged.refresh_from_db()
    assert forged.sha256 == hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE policies_policyversion SET text = 'autre'",
        "DELETE FROM policies_policyversion",
        "TRUNCATE policies_policyversion",
    ],
)
def test_a_published_version_is_never_changed_nor_removed(publish, statement):
    publish()
    refused = pytest.raises((IntegrityError, DatabaseError))
    with schema_context("public"), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_ops_publish_a_version_and_cannot_edit_one(publish, settings):
    first = publish()
    with schema_context("public"):
        staff = get_user_model().objects.create_user("ops@b2o.example", first_name="Ops", is_staff=True)
        Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={})  # ops has none without
        browser = HttpClient(headers={"host": "ops.localhost"})
        browser.force_login(staff)
    place = "/admin/policies/policyversion/"
    assert browser.get(f"{place}add/").status_code == 200
    answer = browser.post(f"{place}add/", {"code": "2027-02", "module": "", "text": "Neuf.", "material": "on"})
    assert answer.status_code == 302
    with schema_context("public"):
        made = PolicyVersion.objects.get(code="2027-02")
        assert made.material and made.published_by == "Ops" and made.sha256 == hashlib.sha256(b"Neuf.").hexdigest()
        browser.post(f"{place}{first.pk}/change/", {"code": "x", "text": "récrit"})
        assert PolicyVersion.objects.get(pk=first.pk).text == "Un texte."
        assert browser.post(f"{place}{first.pk}/delete/", {"post": "yes"}).status_code == 403
        assert "existe déjà" in browser.post(f"{place}add/", {"code": "2027-02", "text": "x"}).content.decode()


# --- the page -------------------------------------------------------------------------------------------------------
def test_the_page_shows_the_text_in_force_its_hash_the_notices_and_whom_to_ask(atelier, publish, settings):
    old = publish("## Ancien\n\nTexte d’avant.", code="2026-12", material=False)
    new = publish("## Nouveau\n\nTexte <b>d’aujourd’hui</b>.\n\n- un\n- deux", material=False)
    publish("La notice de la relation client.", module="crm", material=False)
    text = visitor(atelier).get("/confidentialite/").content.decode()
    assert "<h2>Nouveau</h2>" in text and "&lt;b&gt;" in text and "<li>deux</li>" in text and new.sha256 in text
    assert "Notice : Relation client" in text and "La notice de la relation client." in text
    assert settings.DPO_EMAIL in text and "cnil.fr" in text and "Texte d’avant" not in text
    assert "Texte d’avant" in visitor(atelier).get(f"/confidentialite/?version={old.pk}").content.decode()
    for wrong in ("x", "-1", "999999999", "9" * 40):
        assert visitor(atelier).get("/confidentialite/", {"version": wrong}).status_code == 404, wrong


def test_the_first_version_is_there_from_the_start_and_stops_nobody(atelier, publish, signed_in):
    assert "Qui fait quoi" in visitor(atelier).get("/confidentialite/").content.decode()
    assert signed_in(atelier, "reader").get("/crm/companies/").status_code == 200


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Un\nparagraphe.", "<p>Un paragraphe.</p>"),
        ("## Titre\nSuite <script>", "<h2>Titre</h2><p>Suite &lt;script&gt;</p>"),
        ("- a & b\r\n- c", "<ul><li>a &amp; b</li><li>c</li></ul>"),
        ("", ""),
    ],
)
def test_a_text_is_written_as_it_was_typed(text, html):
    assert as_html(text) == html


# --- reading --------------------------------------------------------------------------------------------------------
def test_an_important_version_stops_everything_until_it_is_read_and_the_proof_is_kept(atelier, publish, signed_in):
    browser = signed_in(atelier, "sales")
    assert browser.get("/crm/companies/").status_code == 200
    version = publish("Ce qui change.")
    for url in ("/", "/crm/companies/", "/palette/", "/notifications/"):
        assert browser.get(url).headers["Location"] == READING, url
    assert browser.post("/crm/companies/new/", {"name": "X"}).headers["Location"] == READING
    assert browser.get("/api/crm/companies/").status_code == 403
    for url in ("/confidentialite/", "/account/security/"):
        assert browser.get(url).status_code == 200, url
    assert "Ce qui change." in browser.get(READING).content.decode()
    assert "Cochez" in browser.post(READING, {"number": version.pk}).content.decode()
    assert browser.get("/").status_code == 302 and not PolicyReading.objects.exists()
    assert browser.post(READING, {"number": version.pk, "read": "on"}, REMOTE_ADDR="192.0.2.9").status_code == 302
    assert browser.get("/crm/companies/").status_code == 200
    proof = PolicyReading.objects.get()
    user = User.objects.get(email="sales@atelier.example")
    assert (proof.person_id, proof.code, proof.sha256, proof.address) == (
        user.pk,
        "2027-01",
        version.sha256,
        "192.0.2.9",
    )


def test_what_was_read_once_is_not_asked_at_the_next_sign_in(atelier, publish, signed_in):
    version = publish()
    read(signed_in(atelier, "sales"), version)
    assert (
        visitor(atelier).post("/account/login/", {"login": "sales@atelier.example", "password": PASSWORD}).status_code
        == 302
    )
    assert signed_in(atelier, "sales").get("/crm/companies/").status_code == 200
    assert signed_in(atelier, "reader").get("/crm/companies/").status_code == 302


def test_a_version_published_during_the_reading_is_shown_instead(atelier, publish, signed_in):
    browser, first = signed_in(atelier, "sales"), publish("Premier.")
    second = publish("Second.", code="2027-02")
    answer = read(browser, first)
    assert "Second." in answer.content.decode() and not PolicyReading.objects.exists()
    read(browser, second)
    assert browser.get("/").status_code == 200 and PolicyReading.objects.get().number == second.pk


def test_a_small_correction_asks_nothing_of_who_read_the_important_one(atelier, publish, signed_in):
    browser = signed_in(atelier, "sales")
    read(browser, publish("Important."))
    correction = publish("Important, sans faute.", code="2027-02", material=False)
    assert browser.get("/").status_code == 200
    other = signed_in(atelier, "reader")
    assert "sans faute" in other.get(READING).content.decode()  # who comes later reads the newest text
    read(other, correction)
    assert other.get("/").status_code == 200


def test_a_notice_is_asked_of_those_who_use_its_module_only(atelier, publish, signed_in):
    publish("Notice.", module="crm")
    assert signed_in(atelier, "sales").get("/").status_code == 302
    nobody = User.objects.create_user("rien@atelier.example")
    browser = visitor(atelier)
    browser.force_login(nobody)
    assert browser.get("/").status_code == 200


def test_the_proof_of_a_reading_is_never_rewritten(atelier, publish, signed_in):
    version = publish()
    browser = signed_in(atelier, "sales")
    read(browser, version)
    for statement in ("UPDATE core_policyreading SET code = 'x'", "DELETE FROM core_policyreading"):
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert read(browser, version).headers["Location"] == "/" and PolicyReading.objects.count() == 1


def test_the_gate_costs_no_query(atelier, publish, signed_in):
    browser = signed_in(atelier, "sales")

    def count() -> int:
        browser.get("/notifications/")
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/notifications/").status_code == 200
        assert not [query for query in queries if "polic" in str(query["sql"])]
        return len(queries)

    before = count()
    read(browser, publish())
    assert count() == before
