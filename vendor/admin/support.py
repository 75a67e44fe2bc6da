"""Where the support sees what clients have opened to it, and goes in; without anybody's account."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from core.accounts.models import User
from tenants.models import Client
from vendor.support import open_accesses, way_in


class SupportPages:
    def __init__(self, site: admin.AdminSite) -> None:
        self.site = site

    def listed(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, accesses=open_accesses())

    def enter(self, request: HttpRequest, client: int, pk: int) -> HttpResponse:
        """POST makes the ticket. The page links to the instance: a form may lead to no other host (form-action)."""
        if request.method != "POST":
            return redirect("admin:support")
        found = get_object_or_404(Client, pk=client, destroyed_at=None)
        staff = cast(User, request.user)
        link = way_in(found, pk, staff)
        if link is None:
            messages.error(request, _("Cet accès est fini, ou le client l’a révoqué."))
            return redirect("admin:support")
        LogEntry.objects.log_actions(staff.pk, [found], CHANGE, f"support {pk}", single_object=True)
        return self.page(request, accesses=open_accesses(), link=link, client=found)

    def page(self, request: HttpRequest, **context: Any) -> HttpResponse:
        shown = {**self.site.each_context(request), "title": _("Support"), **context}
        return TemplateResponse(request, "vendor/ops/support.html", shown)
