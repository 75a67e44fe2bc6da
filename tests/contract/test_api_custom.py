"""Custom fields by the API: read, written, refused and documented like the others, together in `custom`."""

import pytest

from core.models import Event
from tests.contract.api import Api, body_of, faults, row_url, rows_url
from tests.contract.samples import make_row
from tests.core.custom_fields import make_all, make_field

VALUES = {
    "text": "Qwertov", "number": "12.5", "money": "1234.50", "date": "2026-03-14", "choice": "o2",
    "choices": ["o1", "o3"], "link": "https://exemple.fr/a", "checkbox": True,
}  # fmt: skip
EMPTY = dict.fromkeys(VALUES) | {"choices": [], "checkbox": False}
WRONG = {
    "text": 3, "number": "douze", "money": [], "date": "14/03/2026", "choice": "o9", "choices": "o1", "link": 1,
    "checkbox": "oui",
}  # fmt: skip


@pytest.fixture
def fields(resource, atelier):
    """{kind: key}."""
    return {kind: field.key for kind, field in make_all(resource).items()}


def test_every_kind_is_read_and_written(resource, person, fields):
    row, api = make_row(resource), Api(person(**{resource.module: "write"}).browser)
    url = row_url(resource, row.pk)
    assert api.get(url).json()["custom"] == {fields[kind]: value for kind, value in EMPTY.items()}
    for kind, value in VALUES.items():
        before = api.get(url).json()["custom"]
        changed = api.patch(url, {"custom": {fields[kind]: value}})
        assert changed.status_code == 200, (kind, changed.content)
        assert changed.json()["custom"] == {**before, fields[kind]: value}, kind
        assert Event.objects.latest("pk").fields == [fields[kind]]
    whole = {fields[kind]: value for kind, value in VALUES.items()}
    assert api.get(rows_url(resource), fields="custom").json()["results"] == [{"id": row.pk, "custom": whole}]
    read = api.get(url)
    assert api.put(url, read.json(), **{"If-Match": read.headers["ETag"]}).status_code == 200
    emptied = api.patch(url, {"custom": {fields[kind]: value for kind, value in EMPTY.items()}})
    assert emptied.json()["custom"] == {fields[kind]: value for kind, value in EMPTY.items()}
    made = api.post(rows_url(resource), {**body_of(resource), "custom": whole})
    assert made.json()["custom"] == whole


def test_what_is_no_value_or_no_field_is_refused(resource, person, fields):
    api = Api(person(**{resource.module: "write"}).browser)
    url = row_url(resource, make_row(resource).pk)
    for kind, value in WRONG.items():
        place = f"custom.{fields[kind]}"
        assert faults(api.patch(url, {"custom": {fields[kind]: value}}), 400).keys() == {place}, kind
    assert faults(api.patch(url, {"custom": {"f99999": 1}}), 400) == {"custom.f99999": "unknown"}
    assert faults(api.patch(url, {fields["text"]: "x"}), 400) == {fields["text"]: "unknown"}
    assert faults(api.patch(url, {"custom": []}), 400) == {"custom": "invalid"}
    assert faults(api.patch(url, {"custom": {"name": "x"}}), 400) == {"custom.name": "unknown"}
    body = {key: value for key, value in api.get(url).json().items() if key != "custom"}
    missing = faults(api.put(url, body, **{"If-Match": "*"}), 400)
    assert missing == {f"custom.{key}": "required" for key in fields.values()}


def test_a_reserved_field_is_nowhere_for_the_others(resource, person):
    key = make_field(resource, "text", reserved_for="manage").key
    chief, clerk = (Api(person(**{resource.module: level}).browser) for level in ("manage", "write"))
    url = row_url(resource, make_row(resource).pk)
    assert chief.patch(url, {"custom": {key: "Secret"}}).status_code == 200
    for asked in (url, rows_url(resource), "/api/schema"):
        assert key not in clerk.get(asked).content.decode() and key in chief.get(asked).content.decode(), asked
    assert faults(clerk.patch(url, {"custom": {key: "x"}}), 400) == {f"custom.{key}": "unknown"}
    assert clerk.patch(url, {"custom": {}}).status_code == 200
    assert chief.get(url).json()["custom"][key] == "Secret"
