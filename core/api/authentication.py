"""Who calls: a person by the session of the pages, or a program by the key of an interface (app `interfaces`)."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from django.http import QueryDict
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied

from core.accounts.models import User
from core.api.problems import Problem
from core.resource import Resource


class Bound(Protocol):
    """What bounds a caller beyond the rights of its person: `request.auth` of a key. A session's is None.

    Each `admit…` raises Problem with what the caller's written request does not hold.
    """

    caller: str  # counts its reads: "interface-3"
    rates: Mapping[str, tuple[str, int, int]]  # {policy: (whose, requests, seconds)}, beside the client's own
    author: User  # the person of the writes, from whom all that may not be written is hidden

    def admit(self, resource: type[Resource] | None, method: str) -> None: ...

    def admit_parameters(self, resource: type[Resource], params: QueryDict) -> None: ...

    def admit_body(self, resource: type[Resource], body: Any) -> None: ...

    def readable(self, resource: type[Resource]) -> Collection[str]: ...

    def writable(self, resource: type[Resource]) -> Collection[str]: ...

    def finished(self, status: int, *, rows: int) -> None: ...


class Session(SessionAuthentication):
    """The session of the pages. A write carries the token of the pages too (X-CSRFToken)."""

    def authenticate_header(self, request: Any) -> str:
        return 'Session realm="MyB2O", Bearer realm="MyB2O"'  # without it a visitor would get 403 instead of 401

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as refused:
            raise Problem("csrf") from refused
