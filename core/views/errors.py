"""Pages for what went wrong. The 500 and 503 pages need no database, no Redis and no session."""

import logging
import sys

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
# psycopg_pool's PoolTimeout arrives as OperationalError.
DOWN = (OperationalError, InterfaceError, RedisError, BrokerError)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when PostgreSQL or Redis does not answer: nothing is remembered, so it recovers by itself."""
    error = sys.exc_info()[1]
    if isinstance(error, DOWN):
        logger.error("%s %s: %s", request.method, request.path, error)
        connection.close()
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "30"})
    return HttpResponse(render_to_string("500.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or another tab that signed in or out meanwhile."""
    return render(request, "403_csrf.html", status=403)
