"""Addresses of the API: those of the lists, after /api/. The framework behind them is loaded at the first call."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, register_converter
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from core.api.docs import DocsView
from core.registry import registry
from core.resource import Resource


class Door(View):
    """Leads to one of `core.api.endpoints.ENDPOINTS`, each of which is guarded."""

    endpoint = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        from core.api.endpoints import ENDPOINTS

        return ENDPOINTS[self.endpoint](request, *args, **kwargs)


def door(endpoint: str) -> Any:
    # The endpoint itself asks for the token, where the caller is a session: core.api.authentication.
    return csrf_exempt(Door.as_view(endpoint=endpoint))


@cache
def _resources() -> dict[str, type[Resource]]:
    return {resource.list_url.strip("/"): resource for resource in registry}


class ResourceConverter:
    """ "crm/companies": the address of a list, for its resource."""

    regex = "[a-z0-9-]+(?:/[a-z0-9-]+)+?"

    def to_python(self, value: str) -> type[Resource]:
        try:
            return _resources()[value]
        except KeyError as error:
            raise ValueError(value) from error

    def to_url(self, value: type[Resource]) -> str:
        return value.list_url.strip("/")


register_converter(ResourceConverter, "resource")

urlpatterns = [
    path("schema", door("schema"), name="api-schema"),
    path("docs", DocsView.as_view(), name="api-docs"),
    path("docs/<resource:resource>/", DocsView.as_view(), name="api-docs-resource"),
    path("<resource:resource>/", door("rows"), name="api-rows"),
    path("<resource:resource>/<int:pk>/", door("row"), name="api-row"),
    path("<resource:resource>/<int:pk>/files/", door("files"), name="api-files"),
    path("<resource:resource>/<int:pk>/files/<int:file>/", door("file"), name="api-file"),
    path("", door("nothing"), name="api-nothing"),
    path("<path:rest>", door("nothing"), name="api-unknown"),
]
