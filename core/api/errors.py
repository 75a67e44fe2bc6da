"""Exceptions of the views, as problems."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from rest_framework.exceptions import APIException

from core.accounts.licences import NotLicensed
from core.api.problems import Problem, of_status


def problem_of(error: Exception, context: Any) -> HttpResponse | None:
    """None for what nobody expected: it goes on, is recorded, and leaves as a 500 (core.api.middleware)."""
    if isinstance(error, Problem):
        return error.answer()
    if isinstance(error, Http404):
        return of_status(404).answer()
    if isinstance(error, NotLicensed):
        return Problem("unlicensed", str(error)).answer()
    if isinstance(error, PermissionDenied):
        return of_status(403).answer()
    if isinstance(error, APIException):
        problem = of_status(error.status_code)
        header = getattr(error, "auth_header", None)
        problem.headers = {"WWW-Authenticate": header} if header else {}
        return problem.answer()
    return None
