"""A window of maintenance is announced in the instances it concerns, closes them while it lasts, and stays in the register."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.maintenance import forget_windows
from tenants.models import Maintenance
from tests.conftest import visitor


@pytest.fixture(autouse=True)
def _fresh():
    forget_windows()
    yield
    forget_windows()


def window(start: int, end: int, *clients, **values) -> Maintenance:
    """In minutes from now."""
    now = timezone.now()
    made = Maintenance.objects.create(
        starts_at=now + dt.timedelta(minutes=start), ends_at=now + dt.timedelta(minutes=end),
        purpose="Nouvelle version.", **{"announced_at": now - dt.timedelta(days=1), **values},
    )  # fmt: skip
    made.clients.set(clients)
    forget_windows()
    return made


def test_an_instance_announces_its_window_beforehand_on_every_page(atelier, horizon, signed_in):
    window(60, 120, atelier)
    for address in ("/", "/crm/companies/"):
        page = signed_in(atelier).get(address).content.decode()
        assert "Nouvelle version." in page and "sera fermée" in page
    assert "Nouvelle version." not in signed_in(horizon).get("/").content.decode()


def test_a_window_that_is_not_announced_yet_is_not_shown(atelier, signed_in):
    window(60, 120, announced_at=timezone.now() + dt.timedelta(minutes=30))
    assert "Nouvelle version." not in signed_in(atelier).get("/").content.decode()


def test_during_the_window_the_instance_answers_503_with_the_hour_of_its_return(atelier, horizon, signed_in):
    signed = signed_in(atelier)
    window(-5, 55, atelier)
    answer = signed.get("/crm/companies/")
    assert answer.status_code == 503 and 3200 < int(answer.headers["Retry-After"]) <= 3300
    assert "Nouvelle version." in answer.content.decode() and "Réouverture prévue" in answer.content.decode()
    assert visitor(atelier).get("/confidentialite/").status_code == 200
    assert visitor(atelier).get("/api/crm/companies/").status_code == 503
    assert signed_in(horizon).get("/").status_code == 200


def test_a_window_without_clients_concerns_all(atelier, horizon):
    window(-5, 5)
    assert [visitor(client).get("/").status_code for client in (atelier, horizon)] == [503, 503]


@pytest.mark.parametrize("values", [{"closes": False}, {"outcome": "cancelled", "ended_at": timezone.now()}])
def test_what_does_not_close_or_was_cancelled_leaves_the_instance_open(atelier, signed_in, values):
    window(-5, 5, **values)
    assert signed_in(atelier).get("/").status_code == 200


def test_a_window_that_is_over_opens_the_instance_again_at_once(atelier, signed_in):
    made = window(-60, 5)
    assert visitor(atelier).get("/").status_code == 503
    Maintenance.objects.filter(pk=made.pk).update(ends_at=timezone.now())
    forget_windows()
    assert signed_in(atelier).get("/").status_code == 200


def test_the_windows_cost_no_query_a_request(atelier, signed_in):
    browser = signed_in(atelier)
    window(60, 120, atelier)
    browser.get("/jobs/")
    with CaptureQueriesContext(connection) as asked:
        browser.get("/jobs/")
    assert not [query for query in asked if "tenants_maintenance" in query["sql"]]


def test_the_database_wants_an_order_and_an_outcome(atelier):
    for wrong in ({"start": 60, "end": 30}, {"start": 1, "end": 2, "outcome": "done"},
                  {"start": 1, "end": 2, "announced_at": timezone.now() + dt.timedelta(hours=1)}):  # fmt: skip
        start, end = wrong.pop("start"), wrong.pop("end")
        with pytest.raises(IntegrityError), transaction.atomic():
            window(start, end, **wrong)


def test_ops_announce_a_window_and_close_it_with_its_outcome(ops, atelier):
    start = timezone.localtime() + dt.timedelta(hours=2)
    form = {
        "kind": "update", "purpose": "Version 1.2.", "closes": "on", "clients": [atelier.pk], "version": "1.2",
        "outcome": "", "report": "",
    }  # fmt: skip
    for name, moment in (
        ("announced_at", start - dt.timedelta(hours=3)),
        ("starts_at", start),
        ("ends_at", start + dt.timedelta(hours=1)),
    ):
        form |= {f"{name}_0": moment.strftime("%d/%m/%Y"), f"{name}_1": moment.strftime("%H:%M:%S")}
    assert ops.post("/admin/tenants/maintenance/add/", form).status_code == 302
    with schema_context("public"):
        made = Maintenance.objects.get()
    assert (
        made.operator == "Équipe Ops" and "Version 1.2." not in visitor(atelier).get("/account/login/").content.decode()
    )
    address = f"/admin/tenants/maintenance/{made.pk}/change/"
    assert ops.post(address, form | {"outcome": "done", "report": "Sans incident."}).status_code == 302
    made.refresh_from_db()
    assert made.outcome == "done" and made.ended_at
    assert 'name="purpose"' not in ops.get(address).content.decode()  # the line is only read from now on
