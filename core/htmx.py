"""Who asks: htmx, or a browser on its own. One place that knows what django_htmx's middleware adds to a request."""

from typing import Any, cast

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx sent it."""
    return bool(_details(request))


def wants_partial(request: HttpRequest) -> bool:
    """Whether it is to be answered with a part of the page."""
    details = _details(request)
    return bool(details) and details.request_type == "partial"


def _details(request: HttpRequest) -> HtmxDetails:
    details: HtmxDetails = cast("Any", request).htmx
    return details
