"""Ops are told in time, once: the notice of a renewal, insurance, the end of confidentiality (R24, R26, R27)."""

import datetime as dt

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django_tenants.utils import schema_context

from tenants import contracts
from tenants.models import Contract, Termination
from tests.tenants.conftest import behind_the_triggers, scan, sign, today
from vendor import tasks
from vendor.models import Insurance
from vendor.reminders import due, remind


@pytest.fixture(autouse=True)
def _ops(settings):
    settings.OPS_EMAILS = ["ops@b2o.example"]


def keys(day: dt.date) -> list[str]:
    return [one.key.split(":")[0] for one in due(day)]


def test_a_renewal_is_told_while_its_notice_can_still_be_given(atelier):
    contract = sign(atelier, starts_on=dt.date(2025, 7, 1), notice_months=3)
    deadline = dt.date(2026, 4, 1)
    assert contract.notice_deadline(dt.date(2026, 7, 1)) == deadline
    days = (
        deadline - dt.timedelta(days=31),
        deadline - dt.timedelta(days=30),
        deadline,
        deadline + dt.timedelta(days=1),
    )
    assert [keys(day) for day in days] == [[], ["renewal"], ["renewal"], []]


def test_a_terminated_contract_tells_its_end_and_that_of_confidentiality_two_years_later(atelier):
    contract = sign(atelier, starts_on=today() - dt.timedelta(days=400))
    contracts.terminate(Termination(contract=contract, letter_number="1A", received_on=today(), document=scan()))
    end = Contract.objects.get().ends_on
    assert keys(end - dt.timedelta(days=31)) == [] and keys(end - dt.timedelta(days=30)) == ["end"]
    with behind_the_triggers("client"):
        type(atelier).objects.filter(pk=atelier.pk).update(state="closed")
    after = contract.__class__.objects.get().confidential_until
    assert (after.year - end.year, after.month) == (2, end.month)
    assert keys(after - dt.timedelta(days=31)) == [] and keys(after) == ["confidentiality"]


def insurance(ends_on: dt.date, **values) -> Insurance:
    values = {"party": "vendor", "insurer": "Assureur", "policy": "P-1", **values}
    return Insurance.objects.create(
        starts_on=ends_on - dt.timedelta(days=365), ends_on=ends_on, document=scan(), **values
    )


def test_an_insurance_is_told_until_the_next_certificate_is_there(atelier):
    insurance(today() + dt.timedelta(days=20))
    insurance(today() + dt.timedelta(days=90), party="client", client=atelier)
    assert keys(today()) == ["insurance"]
    insurance(today() + dt.timedelta(days=385))
    assert keys(today()) == []


def test_each_thing_is_mailed_once(atelier):
    insurance(today() + dt.timedelta(days=20))
    with schema_context("public"):
        assert len(remind()) == 1 and remind() == []
        (message,) = mail.outbox
        assert message.to == ["ops@b2o.example"] and "Assurance de B2O" in message.body
        insurance(today() + dt.timedelta(days=25), policy="P-2", party="client", client=atelier)
        remind()
    assert len(mail.outbox) == 2 and "Atelier Morvan" in mail.outbox[1].body and "P-1" not in mail.outbox[1].body


def test_a_mail_that_cannot_leave_is_tried_again_the_next_day(atelier, monkeypatch):
    insurance(today() + dt.timedelta(days=20))

    def down(*args, **kwargs):
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr("vendor.reminders.send_mail", down)
        with pytest.raises(ConnectionRefusedError):
            remind()
    assert len(remind()) == 1 and len(mail.outbox) == 1


def test_the_day_a_contract_begins_its_client_goes_live(atelier):
    contract = sign(atelier)
    atelier.refresh_from_db()
    assert contract.has_begun and atelier.state == "trial"
    with schema_context("public"):
        tasks.remind.apply(headers={"b2o_schema": "public"}, throw=True)
    atelier.refresh_from_db()
    assert atelier.state == "live"


def test_the_database_wants_one_party(atelier):
    for wrong in ({"party": "client"}, {"party": "vendor", "client": atelier}):
        with pytest.raises(IntegrityError), transaction.atomic():
            insurance(today() + dt.timedelta(days=20), **wrong)


def test_ops_record_an_insurance_and_an_undertaking(ops, atelier):
    day = today()
    form = {"party": "vendor", "client": "", "insurer": "A", "policy": "1", "starts_on": day.strftime("%d/%m/%Y"),
            "ends_on": (day + dt.timedelta(days=365)).strftime("%d/%m/%Y"), "document": scan()}  # fmt: skip
    assert ops.post("/admin/vendor/insurance/add/", form).status_code == 302
    assert ops.post("/admin/vendor/insurance/add/", form | {"party": "client", "document": scan()}).status_code == 200
    signed = {"name": "Claire Dumas", "signed_on": day.strftime("%d/%m/%Y"), "left_on": "", "document": scan()}
    assert ops.post("/admin/vendor/undertaking/add/", signed).status_code == 302
    assert "Claire Dumas" in ops.get("/admin/vendor/undertaking/").content.decode()
