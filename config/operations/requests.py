"""Each request has a number, and one line of the log: what was asked by the name of its page, never by its address."""

import contextvars
import logging
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.operations import metrics

HEADER = "X-Request-ID"
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
logger = logging.getLogger("b2o.request")
_QUIET = frozenset(("/healthz", "/readyz"))


class Requests:
    """The first middleware: what the others log carries the number too. One sent from outside counts for nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = uuid.uuid4().hex
        token = request_id.set(number)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response.headers[HEADER] = number
            if request.path not in _QUIET:
                self.told(request, response.status_code, time.perf_counter() - started)
            return response
        finally:
            request_id.reset(token)

    def told(self, request: HttpRequest, status: int, seconds: float) -> None:
        match = request.resolver_match
        page = (match.view_name if match else "") or "-"
        method = request.method if request.method in metrics.METHODS else "OTHER"
        metrics.request_served(method or "OTHER", page, status, seconds)
        client = getattr(request, "client", None)
        fields = {
            "method": method,
            "page": page,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "client": client.schema_name if client else "-",
        }
        words = (method, page, status, fields["ms"])
        logger.info("%s %s %s %s ms", *words, extra={"fields": fields})
