"""The instance's addresses, and some that fail in the middle of their work."""

from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import include, path
from django_tenants.utils import schema_context, tenant_context

from crm.models import Company
from tenants.models import Client


def fails_in_a_transaction(request):
    with transaction.atomic():
        Company.objects.create(name="Ne doit pas rester")
        raise ZeroDivisionError


def fails_elsewhere(request):
    """Goes to another client, and to public, and fails there."""
    with schema_context("public"):
        other = Client.objects.exclude(schema_name=request.client.schema_name).order_by("?").first()
    with tenant_context(other), transaction.atomic():
        Company.objects.count()
        raise ZeroDivisionError


def loses_its_connection(request):
    """The server ends this connection under the request; the next query must not go on in the wrong place."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    return HttpResponse()


def walks_with_a_server_side_cursor(request):
    names = [company.name for company in Company.objects.order_by("pk").iterator(chunk_size=2)]
    return HttpResponse("\n".join(names))


urlpatterns = [
    path("essai/transaction/", fails_in_a_transaction),
    path("essai/ailleurs/", fails_elsewhere),
    path("essai/coupure/", loses_its_connection),
    path("essai/curseur/", walks_with_a_server_side_cursor),
    path("", include("config.urls")),
]
