"""The register on screen: a request from its signed document to its end, and who may see it."""

import datetime as dt
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import Event
from interfaces.models import ApiKey, Call, RequestedResource, WrittenRequest
from tests.interfaces.conftest import PDF, Program, signed_request

HOME = "/settings/interfaces/"


@pytest.fixture
def admin(atelier, signed_in):
    return signed_in(atelier, "administrator")


def filled(**fields):
    """What the form sends: a request of one field, signed yesterday, for a French third party."""
    today = timezone.localdate()
    return {
        "name": "Comptabilité", "purpose": "Tenir les comptes", "direction": "out", "signatory": "Anne Morvan",
        "signatory_role": "Gérante", "signed_on": str(today - dt.timedelta(days=1)),
        "ends_on": str(today + dt.timedelta(days=365)), "third_party": "ACME", "country": "FR",
        "contract": "Contrat 12 du 3 mars 2026", "security": "TLS, ISO 27001", "hosts": "erp.acme.fr",
        "document": SimpleUploadedFile("demande signée.pdf", PDF), "crm-company-read": ["name", "city"], **fields,
    }  # fmt: skip


def test_a_request_goes_from_its_document_to_a_key_and_to_its_end(admin, atelier):
    answer = admin.post(f"{HOME}new/", filled())
    request = WrittenRequest.objects.get()
    assert answer.headers["Location"] == f"{HOME}{request.pk}/" and request.is_draft
    assert request.document_name == "demande signée.pdf" and request.hosts == ["erp.acme.fr"]
    one = RequestedResource.objects.get()
    assert (one.resource, one.read, one.written, one.columns) == ("crm.company", ["name", "city"], [], ["city", "name"])
    # A draft opens nothing: no key.
    assert admin.get(f"{HOME}{request.pk}/keys/new/").status_code == 302
    admin.post(f"{HOME}{request.pk}/keys/new/", {"label": "Serveur", "per_minute": "60"})
    assert not ApiKey.objects.exists()

    assert admin.post(f"{HOME}{request.pk}/activation/").status_code == 302
    shown = admin.post(f"{HOME}{request.pk}/keys/new/", {"label": "Serveur", "per_minute": "60"})
    text = re.search(r"b2o_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", shown.content.decode()).group()
    assert shown.headers["Cache-Control"] == "no-store"
    page = admin.get(f"{HOME}{request.pk}/").content.decode()
    assert text not in page and text[:12] in page and "jamais utilisée" in page

    program = Program(atelier, text)
    assert program.get("/api/crm/companies/").status_code == 200
    assert program.get("/api/crm/companies/", fields="email").status_code == 403
    page = admin.get(f"{HOME}{request.pk}/?refused=1").content.decode()
    assert "Champ hors de la demande" in page and '<code translate="no">email</code>' in page

    key = ApiKey.objects.get()
    assert admin.post(f"{HOME}{request.pk}/keys/{key.pk}/revocation/").status_code == 302
    assert program.get("/api/crm/companies/").status_code == 401
    assert "Motif" in admin.post(f"{HOME}{request.pk}/revocation/", {"reason": ""}).content.decode()
    assert admin.post(f"{HOME}{request.pk}/revocation/", {"reason": "Fin du contrat"}).status_code == 302
    assert "Fin du contrat" in admin.get(f"{HOME}{request.pk}/").content.decode()
    assert admin.get(f"{HOME}{request.pk}/edit/").status_code == 404
    events = Event.objects.filter(model__startswith="interfaces.").values_list("model", "actor_name")
    assert set(events) == {
        (f"interfaces.{model}", "Admin Test") for model in ("writtenrequest", "requestedresource", "apikey")
    }


def test_the_document_comes_back_as_it_was_and_replaced_only_in_a_draft(admin):
    admin.post(f"{HOME}new/", filled())
    request = WrittenRequest.objects.get()
    answer = admin.get(f"{HOME}{request.pk}/document/")
    assert b"".join(answer.streaming_content) == PDF and answer.headers["Content-Type"] == "application/pdf"
    form = filled(name="Paie")
    del form["document"]
    admin.post(f"{HOME}{request.pk}/edit/", form)
    request.refresh_from_db()
    assert request.name == "Paie" and request.document_name == "demande signée.pdf"
    admin.post(f"{HOME}{request.pk}/activation/")
    assert admin.post(f"{HOME}{request.pk}/edit/", filled(name="Tout")).status_code == 404
    assert "révoquez" in admin.post(f"{HOME}{request.pk}/deletion/").content.decode()
    request.refresh_from_db()
    assert request.name == "Paie"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"document": SimpleUploadedFile("page.pdf", b"<html></html>")}, "Document refusé"),
        ({"document": ""}, "obligatoire"),
        ({"signed_on": "2999-01-01"}, "ne peut pas être à venir"),
        ({"ends_on": "2020-01-01"}, "Cette date est passée"),
        ({"crm-company-read": []}, "Cochez les champs"),
        ({"crm-company-written": ["name"]}, "rien ne s’y écrit"),
        ({"direction": "in"}, "rien ne s’y lit"),
        ({"crm-company-rows": "https://x/crm/companies/?colour=red"}, "n’est pas un filtre"),
        ({"crm-company-rows": "relation=nothing"}, "n’est pas un filtre"),
        ({"country": "US"}, "base légale"),
        ({"contract": ""}, "contrat avec le tiers"),
        ({"hosts": "https://erp.acme.fr/"}, "n’est pas un nom d’hôte"),
        ({"hosts": "127.0.0.1"}, "n’est pas un nom d’hôte"),
        ({"hosts": "localhost"}, "n’est pas un nom d’hôte"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(admin, fields, said):
    page = admin.post(f"{HOME}new/", filled(**fields)).content.decode()
    assert said in page and "Tenir les comptes" in page
    assert 'value="city" checked' in page or "crm-company-read" in fields
    assert not WrittenRequest.objects.exists()


def test_the_address_of_a_filtered_list_says_which_rows(admin):
    rows = "http://atelier.localhost/crm/companies/?view=3&relation=customer&relation=prospect&sort=-city"
    admin.post(f"{HOME}new/", filled(**{"crm-company-rows": rows}))
    assert RequestedResource.objects.get().rows == "relation=customer&relation=prospect"


def test_only_administrators_come_here_and_a_strange_number_is_not_found(atelier, admin, signed_in):
    request = signed_request({"crm.company": {"read": ["name"]}})
    addresses = ("", "new/", f"{request.pk}/", f"{request.pk}/edit/", f"{request.pk}/document/",
                 f"{request.pk}/activation/", f"{request.pk}/keys/new/")  # fmt: skip
    for role in ("sales", "reader"):
        browser = signed_in(atelier, role)
        for address in addresses:
            assert browser.get(HOME + address).status_code == 403, address
            assert browser.post(HOME + address).status_code == 403, address
    for address in ("999999/", "999999/edit/", "999999/document/", f"{request.pk}/webhooks/9/"):
        assert admin.get(HOME + address).status_code == 404, address
    assert admin.post(f"{HOME}{request.pk}/keys/9/revocation/").status_code == 404
    assert WrittenRequest.objects.get().is_draft


def test_the_pages_cost_the_same_however_much_there_is(admin, program):
    def queries(url):
        with CaptureQueriesContext(connection) as found:
            assert admin.get(url).status_code == 200
        return len(found)

    ours = program({"crm.company": {"read": ["name"]}})
    ours.get("/api/crm/companies/")
    queries(HOME)  # what a process asks once
    few = [queries(HOME), queries(f"{HOME}{ours.request.pk}/")]
    for number in range(3):
        signed_request({"crm.company": {"read": ["name"]}}, name=f"Autre {number}")
    for _number in range(5):
        ours.get("/api/crm/companies/")
    ApiKey.objects.create(request=ours.request, label="Deux", prefix="abcdefgh", digest="0" * 64)
    assert [queries(HOME), queries(f"{HOME}{ours.request.pk}/")] == few
    assert Call.objects.count() == 6


def test_a_new_request_is_asked_with_empty_fields_and_needs_no_host(admin):
    page = admin.get(f"{HOME}new/").content.decode()
    assert re.search(r'<textarea name="hosts"[^>]*>\s*</textarea>', page)
    assert admin.post(f"{HOME}new/", filled(hosts="")).status_code == 302
    assert WrittenRequest.objects.get().hosts == []
