"""Errors that are born outside of the API's views (an unknown host, a closed instance, a 500), told as problems too."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.api.problems import MEDIA_TYPE, PREFIX, of_status

_PAGES = f"{PREFIX}docs"
_KEPT = ("Retry-After", "Allow")


class Problems:
    """First but for the policy: whatever page of error comes out of the rest under /api/ leaves as a problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < 400 or not request.path.startswith(PREFIX) or request.path.startswith(_PAGES):
            return response
        if response.headers.get("Content-Type") == MEDIA_TYPE:
            return response
        problem = of_status(response.status_code)
        problem.headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
        return problem.answer()
