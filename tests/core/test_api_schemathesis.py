"""Random requests made from the API's own description: no 5xx, answers as described, what is wrong refused."""

import os

import pytest
import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from config.wsgi import application
from core.accounts.models import User
from core.actions.tags import tag_named, tag_row
from core.attachments.actions import attach, files_of
from core.registry import registry
from tests.conftest import visitor
from tests.contract.samples import make_row
from tests.core.custom_fields import make_all

EXAMPLES = int(os.environ.get("API_EXAMPLES", "6"))  # of each operation, valid and invalid: some 800 requests
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
]
TOKEN = "t" * 32


@pytest.fixture
def rows(atelier):
    """A few rows of each resource, with tags and custom fields: answers have something to say."""
    for resource in registry:
        make_all(resource)
        for _number in range(3):
            row = make_row(resource)
            tag_row(row, tag_named("VIP"))
            attach(
                row, [SimpleUploadedFile("notes.txt", b"Bonjour")], by=User.objects.get(email="admin@atelier.example")
            )


@pytest.fixture
def schema(rows, atelier):
    """The description, with the WSGI application behind it, where each request is an administrator's."""
    browser = visitor(atelier)
    with tenant_context(atelier):
        browser.force_login(User.objects.get(email="admin@atelier.example"))
    cookie = f"b2o_session={browser.cookies['b2o_session'].value}; b2o_csrf={TOKEN}"
    person = {"HTTP_HOST": atelier.host, "HTTP_COOKIE": cookie, "HTTP_X_CSRFTOKEN": TOKEN, "HTTP_ACCEPT_ENCODING": ""}
    description = browser.get("/api/schema").json()
    # Who may call is other tests' matter (tests/contract/test_api.py): here everybody is the administrator.
    description.pop("security")
    for methods in description["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    found = schemathesis.openapi.from_dict(description)
    found.app = lambda environ, start_response: application({**environ, **person}, start_response)
    # The application itself is called: its requests would close the connection that the rows of this test live on.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield found
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def existing(operation) -> dict[str, int]:
    """The key of a row that is there: a random one would only ever be a 404."""
    if "{id}" not in operation.path:
        return {}
    resource = next(found for found in registry if operation.path.startswith(f"/api{found.list_url}{{id}}/"))
    row = resource.model._default_manager.order_by("pk").first()
    file = {"file": files_of(row).values_list("pk", flat=True)[0]} if "{file}" in operation.path else {}
    return {"id": row.pk, **file}


def willing(operation) -> dict[str, str]:
    """A random tag would only ever be a 412, whatever the rest is."""
    return {"If-Match": "*"} if operation.method in ("put", "patch", "delete") else {}


@override_settings(API_RATES={"client": (10**6, 60), "user": (10**6, 60)}, API_EXTRACTION_ROWS=10**9)
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_no_request_breaks_the_api_nor_contradicts_its_description(schema, mode):
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == 8 * len(list(registry))
    statuses: dict[str, set[int]] = {}
    for operation in operations:

        @seed(20261125)
        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(
            case=operation.as_strategy(
                generation_mode=mode, path_parameters=existing(operation), headers=willing(operation)
            )
        )
        def walk(case):
            answer = case.call()
            statuses.setdefault(case.operation.label, set()).add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        try:
            walk()
        except Unsatisfiable:  # its parameters are keys, and those are given: nothing of it can be wrong
            assert mode is schemathesis.GenerationMode.NEGATIVE and operation.method in ("get", "delete")
    if mode is schemathesis.GenerationMode.POSITIVE:
        for label, found in statuses.items():
            if label.startswith(("GET", "POST", "DELETE")):
                assert found & {200, 201, 204}, f"{label}: nothing valid was ever accepted, only {found}"
