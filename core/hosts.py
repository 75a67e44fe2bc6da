"""Absolute addresses of the active client, for what is read elsewhere: mails, documents."""

from django.conf import settings
from django_tenants.utils import get_tenant_model

from core.place import active_schema, active_tenant


def absolute(path: str) -> str:
    """« https://atelier.myb2o.net/crm/companies/12/ »."""
    schema = active_schema()
    tenant = active_tenant()
    if not hasattr(tenant, "host"):  # schema_context gives a stand-in
        tenant = get_tenant_model().objects.get(schema_name=schema)
    scheme = "https" if getattr(settings, "SECURE_SSL_REDIRECT", False) else "http"
    port = "" if settings.PORT in (80, 443) else f":{settings.PORT}"
    return f"{scheme}://{tenant.host}{port}{path}"
