"""Fails closed: a client's table cannot be asked anything while no client is active."""

from functools import cache

from django.apps import apps
from django.conf import settings

from tenants.connection import connection


class NoActiveClient(RuntimeError):
    """A query on a client's table was attempted with no client active (R06)."""


@cache
def _client_only(app_label: str) -> bool:
    name = apps.get_app_config(app_label).name
    return name in settings.TENANT_APPS and name not in settings.SHARED_APPS


class ClientGuard:
    """Database router that raises NoActiveClient instead of choosing a database."""

    def _check(self, model):
        if connection.schema_name == settings.PUBLIC_SCHEMA_NAME and _client_only(model._meta.app_label):
            raise NoActiveClient(
                f"{model._meta.label} appartient aux clients : aucun n’est actif. "
                "Entourez l’appel de « with tenant_context(client) »."
            )

    def db_for_read(self, model, **hints):
        self._check(model)

    def db_for_write(self, model, **hints):
        self._check(model)
