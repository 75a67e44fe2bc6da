"""Celery tasks that carry their client."""

from functools import partial

from celery import Task
from celery.contrib.django.task import DjangoTask
from django.conf import settings
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context

from tenants.connection import connection

HEADER = "b2o_schema"


class UnknownClient(RuntimeError):
    """The client of a task's message does not exist (any more): the task is refused, never run in public."""


class ClientTask(DjangoTask):
    """Sends the active schema in a header and activates it around `run`.

    The schema is a local variable of the call: nothing is shared by threads.
    """

    abstract = True

    def apply_async(self, args=None, kwargs=None, **options):  # type: ignore[override]
        return super().apply_async(args, kwargs, **_with_schema(options))

    def apply(self, args=None, kwargs=None, **options):  # type: ignore[override]
        return super().apply(args, kwargs, **_with_schema(options))

    def apply_async_on_commit(self, args=None, kwargs=None, **options):
        # The schema of now, not the one that happens to be active when an outer transaction commits.
        transaction.on_commit(partial(self.apply_async, args, kwargs, **_with_schema(options)))

    def delay_on_commit(self, *args, **kwargs):
        self.apply_async_on_commit(args, kwargs)

    def __call__(self, *args, **kwargs):
        schema = (self.request.headers or {}).get(HEADER) or self.request.get(HEADER)
        with _context(self, schema):
            return self.run(*args, **kwargs)


def _with_schema(options: dict) -> dict:
    headers = {**(options.get("headers") or {})}
    headers.setdefault(HEADER, connection.schema_name)
    return {**options, "headers": headers}


def _context(task: Task, schema: str | None):
    from tenants.models import Client

    if schema is None:
        raise UnknownClient(f"{task.name}: message without a schema, refused")
    if schema == settings.PUBLIC_SCHEMA_NAME:
        return schema_context(schema)
    with schema_context(settings.PUBLIC_SCHEMA_NAME):
        client = Client.objects.filter(schema_name=schema).first()
    if client is None:
        raise UnknownClient(f"{task.name}: client {schema!r} does not exist, refused")
    return tenant_context(client)
