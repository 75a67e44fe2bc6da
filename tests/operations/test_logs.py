"""What a line of the log holds, and what it never holds."""

import io
import json
import logging

import pytest
from django.db import IntegrityError, connection, transaction

from config.operations.logs import Json, logging_in_json, without_people
from crm.models import Company
from tenants.log import ClientFilter

MAIL = "claire.dupont@exemple.fr"


@pytest.fixture
def log():
    """Everything that is logged, as production writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(ClientFilter())
    handler.setFormatter(Json())
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)


def test_an_error_says_where_and_what_without_the_values(log, atelier, signed_in, monkeypatch):
    from core.views import listing

    def broken(*args, **kwargs):
        raise RuntimeError(f"no company of {MAIL}, 06 12 34 56 78")

    monkeypatch.setattr(listing.ListView, "get", broken)
    browser = signed_in(atelier, "sales")
    browser.raise_request_exception = False
    number = browser.get(f"/crm/companies/?q={MAIL}").headers["X-Request-ID"]
    told = next(line for line in log() if line["level"] == "ERROR")
    assert told["error"] == "builtins.RuntimeError" and told["because"] == "no company of ‹adresse›, ‹numéro›"
    assert told["client"] == "atelier" and told["request"] == number and "crm-company-list" in told["message"]
    assert any("test_logs.py" in place and place.endswith("broken") for place in told["where"])
    assert MAIL not in json.dumps(log())


def test_what_postgresql_quotes_of_a_row_is_left_out(log, atelier):
    Company.objects.create(name="Dupont", siret="55210055400013", siren="552100554")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE crm_company SET name = '' WHERE siret = '55210055400013'")
    except IntegrityError:
        logging.getLogger("b2o.test").exception("refused")
    told = log()[-1]
    assert "company" in told["because"] and "55210055400013" not in json.dumps(told)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"GET /x?email={MAIL}&a=1 done", "GET /x?… done"),
        (f"<{MAIL}> refused", "<‹adresse›> refused"),
        ("claire%40exemple.fr", "‹adresse›"),
        ("call +33 6 12 34 56 78.", "call ‹numéro›."),
        ("2026-11-26 12:30, 404, 1,234 rows, port 8000", "2026-11-26 12:30, 404, 1,234 rows, port 8000"),
        ("duplicate key\nDETAIL:  Key (email)=(x) exists.", "duplicate key\n"),
        ("client 550e8400e29b41d4a716446655440000", "client 550e8400e29b41d4a716446655440000"),
    ],
)
def test_a_text_loses_what_is_of_people_and_keeps_the_rest(text, kept):
    assert without_people(text) == kept


def test_production_writes_all_of_it_so():
    from config.settings import base

    made = logging_in_json(base.LOGGING)
    assert {handler["formatter"] for handler in made["handlers"].values()} == {"json"}
    assert all("client" in handler["filters"] for handler in made["handlers"].values())
