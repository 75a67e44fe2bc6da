"""The site itself: of its own, not Django's default one, so that no application joins it by being installed."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest
from django.template.response import TemplateResponse
from django.urls import path

from tenants.documents import kind_of, vendor_storage


class OpsSite(admin.AdminSite):
    site_header = "MyB2O · exploitation"
    site_title = "MyB2O"
    index_title = "Exploitation"
    index_template = "vendor/ops/index.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The fleet, then the registers."""
        from vendor.fleet import fleet

        return super().index(request, {"fleet": fleet(), "version": settings.VERSION, **(extra_context or {})})

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, with a second factor: core.accounts.middleware leads whoever lacks one to setting it up."""
        return super().has_permission(request) and not request.user.lacks_factor  # type: ignore[union-attr]

    def get_urls(self):
        from vendor.admin.support import SupportPages

        support = SupportPages(self)
        return [
            path("documents/<path:name>", self.admin_view(document), name="document"),
            path("support/", self.admin_view(support.listed), name="support"),
            path("support/<int:client>/<int:pk>/", self.admin_view(support.enter), name="support_enter"),
            *super().get_urls(),
        ]


def document(request: HttpRequest, name: str) -> FileResponse:
    """A document of the vendor, as it was received: downloaded, never shown as a page of this host."""
    try:
        file = vendor_storage.open(name)
    except (OSError, SuspiciousFileOperation) as error:
        raise Http404 from error
    kind = kind_of(file.read(16))
    file.seek(0)
    return FileResponse(file, as_attachment=True, content_type=kind[1] if kind else "application/octet-stream")


ops = OpsSite(name="admin")
