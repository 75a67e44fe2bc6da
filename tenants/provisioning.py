"""A client's schema: made by replaying the compiled template, deleted with its files. Its states: tenants/states.py."""

import shutil

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context

from tenants import contenttypes
from tenants.middleware import forget_hosts
from tenants.models import Client, Domain, validate_client_name
from tenants.storage import media_folder


def schema_of(code: str) -> str:
    """The schema of a client's short name: a plain identifier, so that it never needs quotes."""
    return code.replace("-", "_")


@transaction.atomic
def create_client(code: str, name: str, *, hue: int | None = None, chroma: float | None = None) -> Client:
    """Make a client with its schema and host, ready to sign in to. Some 0.3 s.

    Raises ValidationError, with a message for people, when the name is taken or does not fit.
    """
    validate_client_name(code)
    if not name.strip():
        raise ValidationError(_("Donnez la raison sociale du client."))
    if Client.objects.filter(code=code).exists() or _schema_exists(schema_of(code)):
        raise ValidationError(_("Le client « %(code)s » existe déjà : choisissez un autre nom court.") % {"code": code})
    client = Client(code=code, schema_name=schema_of(code), name=name.strip(), hue=hue, chroma=chroma)
    client.save()
    Domain.objects.create(domain=client.subdomain, tenant=client, is_primary=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.b2o_create_client(%s)", [client.schema_name])
    transaction.on_commit(forget_hosts)
    return client


@transaction.atomic
def delete_client(client: Client) -> None:
    """Destroy a client: its hosts, its schema and its files. The backups stay until they expire."""
    schema = client.schema_name
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {connection.ops.quote_name(schema)} CASCADE")
    Domain.objects.filter(tenant=client).delete()
    client.delete(force_drop=False)
    transaction.on_commit(lambda: _forget(schema))


def _forget(schema: str) -> None:
    contenttypes.forget(schema)
    forget_hosts()
    shutil.rmtree(media_folder(schema), ignore_errors=True)
    with schema_context(schema):
        cache.clear()  # sessions and what is kept for it: a later client of the same name starts from nothing


def _schema_exists(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", [schema])
        return cursor.fetchone() is not None


def compile_template() -> int:
    """Compile the template schema after its migration. Returns the number of statements kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.b2o_template_compile(%s)", [settings.TEMPLATE_SCHEMA])
        return cursor.fetchone()[0]
