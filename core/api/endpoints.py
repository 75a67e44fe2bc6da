"""What the addresses of the API lead to. Each is guarded (core.api.views.Guarded)."""

from core.api.files import FilesViewSet
from core.api.views import Nothing, ResourceViewSet, SchemaView

ENDPOINTS = {
    "rows": ResourceViewSet.as_view({"get": "list", "post": "create"}),
    "row": ResourceViewSet.as_view(
        {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
    ),
    "files": FilesViewSet.as_view({"get": "files"}),
    "file": FilesViewSet.as_view({"get": "file"}),
    "schema": SchemaView.as_view(),
    "nothing": Nothing.as_view(),
}
