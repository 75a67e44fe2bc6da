"""Written requests as tests need them, and programs that call with their keys."""

import datetime as dt
import hashlib

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from core.accounts.models import User
from interfaces import actions
from interfaces.models import RequestedResource, WrittenRequest
from tests.conftest import visitor
from tests.contract.api import Api

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


class Program:
    """Another software: it has a key and no session."""

    def __init__(self, client, text):
        self.http, self.text = visitor(client), text
        self.http.defaults["HTTP_AUTHORIZATION"] = f"Bearer {text}"
        self.api = Api(self.http)

    def get(self, url, **params):
        return self.api.get(url, **params)

    def post(self, url, body):
        return self.api.post(url, body)

    def patch(self, url, body):
        return self.api.patch(url, body)

    def delete(self, url):
        return self.api.delete(url)


@pytest.fixture
def administrator(atelier) -> User:
    return User.objects.get(email="admin@atelier.example")


def signed_request(resources, *, direction="both", hosts=(), ends_in=30, **fields) -> WrittenRequest:
    """A draft: `resources` is {"crm.company": {"read": [...], "written": [...], "rows": "", "deletes": False}}."""
    request = WrittenRequest(
        name=fields.pop("name", "Comptabilité"), purpose="Tenir les comptes clients", direction=direction,
        signatory="Anne Morvan", signatory_role="Gérante", signed_on=timezone.localdate() - dt.timedelta(days=1),
        ends_on=timezone.localdate() + dt.timedelta(days=ends_in), document_name="demande.pdf",
        document_sha256=hashlib.sha256(PDF).hexdigest(), hosts=list(hosts), **fields,
    )  # fmt: skip
    request.document.save("demande.pdf", ContentFile(PDF), save=False)
    return actions.save_request(request, [RequestedResource(resource=key, **one) for key, one in resources.items()])


@pytest.fixture
def make_request(administrator):
    """`make_request({"crm.company": {"read": ["name"]}})`: a request in force."""

    def make(resources, **fields) -> WrittenRequest:
        request = signed_request(resources, **fields)
        actions.put_in_force(request, by=administrator)
        return WrittenRequest.objects.get(pk=request.pk)

    return make


@pytest.fixture
def program(atelier, make_request):
    """`program({"crm.company": {"read": ["name"]}})`: a software with a key under a request in force."""

    def make(resources, *, per_minute=600, **fields) -> Program:
        request = make_request(resources, **fields)
        key, text = actions.add_key(request, label="Serveur", per_minute=per_minute, expires_on=None)
        found = Program(atelier, text)
        found.request, found.key = request, key
        return found

    return make


@pytest.fixture
def make_company(atelier):
    from crm.models import Company

    return lambda name, **fields: Company.objects.create(name=name, **fields)


@pytest.fixture
def sales(atelier, signed_in):
    return signed_in(atelier, "sales")
