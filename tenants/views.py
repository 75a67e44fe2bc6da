"""The vendor's public pages."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tenants.middleware import client_of


def address_of(request: HttpRequest, host: str) -> str:
    """The full address of another of our hosts, with the port of this request."""
    _host, colon, port = request.get_host().partition(":")
    return f"{request.scheme}://{host}{colon}{port}/"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """A visitor names their company and goes to its instance."""
    typed = request.GET.get("instance", "").strip().lower()[:80]
    error = ""
    if typed:
        name = typed.split("://")[-1].split("/")[0].split(".")[0]
        host = f"{name}.{settings.BASE_DOMAIN}"
        if re.fullmatch(r"[a-z0-9-]+", name) and client_of(host) is not None:
            return redirect(address_of(request, host))
        error = _("Aucune instance ne porte ce nom : vérifiez-le auprès de votre administrateur.")
    context = {
        "typed": typed,
        "error": error,
        "base_domain": settings.BASE_DOMAIN,
        "ops_url": address_of(request, f"ops.{settings.BASE_DOMAIN}"),
        "dpo_url": address_of(request, f"dpo.{settings.BASE_DOMAIN}"),
    }
    return render(request, "vendor/home.html", context, status=404 if error else 200)


@require_safe
def dpo(request: HttpRequest) -> HttpResponse:
    return render(request, "vendor/dpo.html", {"cnil_url": "https://www.cnil.fr/fr/plaintes"})


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "core/styleguide.html")
