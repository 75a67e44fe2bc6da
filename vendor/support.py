"""The accesses that clients have opened to the support: those of every client, and the way in under one of them."""

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse
from django_tenants.utils import tenant_context

from core.accounts.access import MODULES
from core.accounts.actions.support import ticket_for
from core.accounts.models import SupportAccess, User
from core.fan_out import schemas_with
from core.hosts import absolute
from tenants.models import Client


@dataclass(frozen=True)
class Open:
    """An access that is open now. What a client wrote as its reason is for whoever is to help them."""

    client: Client
    pk: int
    reason: str
    modules: str
    granted_by: str
    ends_at: dt.datetime


def open_accesses() -> list[Open]:
    """Those of all served clients, by their end. One query for 250 clients, then one for each that has some."""
    schemas = list(schemas_with("accounts_supportaccess", "revoked_at IS NULL AND ends_at > now()"))
    found = []
    for client in Client.objects.filter(schema_name__in=schemas):
        with tenant_context(client):
            for access in SupportAccess.objects.open().select_related("granted_by"):
                modules = ", ".join(str(MODULES.get(module, module)) for module in access.modules)
                found.append(
                    Open(client, access.pk, access.reason, modules, str(access.granted_by), access.ends_at)
                )  # fmt: skip
    return sorted(found, key=lambda one: one.ends_at)


def way_in(client: Client, pk: int, staff: User) -> str | None:
    """The address that lets somebody of the staff in, once, within two minutes; None when the access is over."""
    with tenant_context(client):
        access = SupportAccess.objects.open().filter(pk=pk).first()
        if access is None:
            return None
        path = reverse("support-enter", args=[ticket_for(access, staff)], urlconf="config.urls")
        return absolute(path)
