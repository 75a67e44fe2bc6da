"""Pages for what went wrong. The 500 and 503 pages need no database, no Redis and no session."""

import logging
import sys

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.template.loader import render_to_string
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
# psycopg_pool's PoolTimeout arrives as OperationalError.
_DRAINED = 64 * 1024 * 1024  # bytes of a refused body that are read and thrown away
_SECRETS = ("password", "csrfmiddlewaretoken")
DOWN = (OperationalError, InterfaceError, RedisError, BrokerError)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when PostgreSQL or Redis does not answer: nothing is remembered, so it recovers by itself."""
    error = sys.exc_info()[1]
    if isinstance(error, DOWN):
        logger.error("%s %s: %s", request.method, request.path, error)
        connection.close()
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "30"})
    return HttpResponse(render_to_string("500.html"), status=500)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 or 413: what was sent cannot be taken, why, and how the person's work is found again."""
    kinds: dict[type[Exception], str] = {
        RequestDataTooBig: "too_large",
        TooManyFieldsSent: "too_many",
        TooManyFilesSent: "too_many",
    }
    kind = kinds.get(type(exception), "malformed")
    if isinstance(exception, MultiPartParserError):
        kind = "cut"
    drain(request)
    html = render_to_string("400.html", {"kind": kind})
    return HttpResponse(html, status=413 if kind == "too_large" else 400)


def drain(request: HttpRequest) -> None:
    """Read what is left: a browser that is still sending would show a broken connection instead of the answer."""
    left = _DRAINED
    try:
        while left > 0 and (chunk := request._stream.read(min(left, 65536))):
            left -= len(chunk)
    except (OSError, ValueError, UnreadablePostError):
        return


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or another tab that signed in or out meanwhile.

    Nothing typed is lost: when the browser vouches that our own page sent it, it can be sent again with a new token.
    """
    again = _typed(request) if request.user.is_authenticated and not request.FILES else []
    context = {"again": again, "path": request.get_full_path()}
    return render(request, "403_csrf.html", context, status=403)


def session_over(request: HttpRequest) -> HttpResponse | None:
    """A form sent by somebody who is no longer signed in: a page that holds what was typed, to be sent again once they
    are. None when there is nothing to hold: then the sign-in page is enough.
    """
    if (
        request.method != "POST"
        or request.headers.get("Sec-Fetch-Mode") != "navigate"
        or not (again := _typed(request))
    ):
        return None
    context = {"again": again, "path": request.get_full_path(), "files": bool(request.FILES)}
    return render(request, "session_over.html", context, status=403)


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What a page of ours sent, save secrets; nothing when the browser does not vouch that it was ours."""
    if request.headers.get("Origin") != f"{request.scheme}://{request.get_host()}":
        return []
    posted = request.POST.lists()
    return [(name, value) for name, values in posted if not name.startswith(_SECRETS) for value in values]
