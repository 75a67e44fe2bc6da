"""Who calls. A session today; a key of an interface will be a class beside it, whose `auth` names its fields."""

from collections.abc import Collection
from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied

from core.api.problems import Problem


class Session(SessionAuthentication):
    """The session of the pages. A write carries the token of the pages too (X-CSRFToken)."""

    def authenticate_header(self, request: Any) -> str:
        return 'Session realm="MyB2O"'  # without it the framework would answer 403 to a visitor instead of 401

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as refused:
            raise Problem("csrf") from refused


def allowed_fields(auth: Any) -> Collection[str] | None:
    """The only fields that this caller may read or write; None for all that the person may."""
    return getattr(auth, "fields", None)
