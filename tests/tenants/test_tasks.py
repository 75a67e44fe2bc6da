"""A task runs in the client that sent it, or not at all."""

import pytest
from celery import shared_task
from django.db import connection, transaction
from django_tenants.utils import schema_context, tenant_context

from tenants.tasks import UnknownClient


@shared_task
def where() -> str:
    return connection.schema_name


SEEN: list[str] = []


@shared_task
def note() -> None:
    SEEN.append(connection.schema_name)


@shared_task
def nested() -> None:
    note.delay()
    SEEN.append(connection.schema_name)


@pytest.fixture(autouse=True)
def _nothing_seen():
    SEEN.clear()


def test_a_task_runs_in_the_client_that_sent_it(atelier, horizon):
    message = where.s()
    with tenant_context(horizon):
        assert where.delay().get() == "horizon"
        assert message.apply().get() == "horizon"
    assert where.delay().get() == "atelier"


def test_a_worker_that_stands_in_public_still_runs_it_in_the_client(atelier):
    with schema_context("public"):
        assert where.apply(headers={"b2o_schema": "atelier"}).get() == "atelier"
        assert connection.schema_name == "public"


def test_a_task_sent_by_a_task_keeps_the_client(atelier, horizon):
    with tenant_context(horizon):
        nested.delay()
    assert SEEN == ["horizon", "horizon"]


def test_a_task_of_a_client_that_is_gone_is_refused(atelier):
    with pytest.raises(UnknownClient, match="disparu"):
        where.apply(headers={"b2o_schema": "disparu"}, throw=True)


def test_a_message_without_a_client_is_refused(atelier):
    with pytest.raises(UnknownClient, match="without a schema"):
        where.apply(headers={"b2o_schema": None}, throw=True)


def test_a_task_sent_at_commit_belongs_to_the_client_of_the_call(atelier, horizon, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        with tenant_context(horizon):
            note.delay_on_commit()
        assert connection.schema_name == "atelier"
    assert SEEN == ["horizon"]
