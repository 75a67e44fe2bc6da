"""The description of the API, OpenAPI 3.1 by drf-spectacular: only what a person may see and do.

Loaded by /api/schema and /api/docs only. Made from the registry, kept in the cache for each set of rights.
"""

import hashlib
import json
from functools import cache as once
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from core.accounts.access import Level
from core.accounts.models import User
from core.api.examples import example_of
from core.api.files import FilesViewSet, page_schema
from core.api.operations import FILE, FILES_OF_ROW, MANY, ONE, Description
from core.api.problems import KINDS, MEDIA_TYPE
from core.api.values import Schema
from core.custom.definitions import fields_of
from core.registry import registry

_ROUTES = {"": MANY, "<int:id>/": ONE, "<int:id>/files/": FILES_OF_ROW, "<int:id>/files/<int:file>/": FILE}
_KEPT = 3600  # seconds
_JSON = "application/json"


def of(user: User) -> Schema:
    """The whole description for this person."""
    key = f"api-schema-{_digest(user)}"
    found = cache.get(key)
    if found is None:
        found = _generated(user)
        cache.set(key, found, _KEPT)
    return found


def as_yaml(schema: Schema) -> bytes:
    import yaml

    plain = json.loads(json.dumps(schema))  # no shared parts, which YAML would write as anchors
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False).encode()


def _digest(user: User) -> str:
    """Of everything that the description depends on: the rights, the language, and what the code declares."""
    access = user.access
    levels = {module: int(level) for module, level in access.levels.items()}
    custom = [[field.name, str(field.definition.updated_at)] for one in registry for field in fields_of(one.model)]
    known = [levels, sorted(access.rights), get_language(), user.is_active, custom, _declared()]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:32]


@once
def _declared() -> str:
    told = [
        [resource.key(), list(resource.form.base_fields), [col.name for col in resource.columns], _filters(resource)]
        for resource in registry
    ]
    return hashlib.sha256(json.dumps([settings.VERSION, told]).encode()).hexdigest()


def _filters(resource: Any) -> list[str]:
    return list(resource.filters.base_filters) if resource.filters else []


class Described(FilesViewSet):
    """What the generator sees of an address: for whom it is described."""

    reader: User | None = None


def _generated(user: User) -> Schema:
    patterns = []
    for resource in registry:
        if not resource.may(user, Level.READ):
            continue
        writes = resource.may(user, Level.WRITE)
        for route, actions in _ROUTES.items():
            shown = {method: action for method, action in actions.items() if writes or method == "get"}
            view = Described.as_view(shown, resource=resource, reader=user)
            patterns.append(path(f"api{resource.list_url}{route}", view))
    found = SchemaGenerator(patterns=patterns).get_schema(public=True)
    return json.loads(json.dumps({**found, **_around(found)}))


def _around(found: Schema) -> Schema:
    """What no address says: how to sign in, what the sections are called."""
    tags = [
        {"name": resource.key(), "x-displayName": resource.label_plural, "x-module": resource.module}
        for resource in registry
    ]
    used = {tag for methods in found["paths"].values() for operation in methods.values() for tag in operation["tags"]}
    schemes = {
        "session": {
            "type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME,
            "description": _("La session de MyB2O, ouverte par la page de connexion."),
        },
        "key": {
            "type": "http", "scheme": "bearer",
            "description": _("La clé d’une interface, sous une demande écrite : ses champs seulement."),
        },
        "csrf": {
            "type": "apiKey", "in": "header", "name": "X-CSRFToken",
            "description": _("Pour écrire par session : la valeur de <meta name=\"csrf-token\"> de toute page."),
        },
    }  # fmt: skip
    return {
        "info": {
            "title": _("API de MyB2O"), "version": settings.VERSION,
            "description": _("Les fiches de MyB2O en JSON."),
        },
        "tags": [tag for tag in tags if tag["name"] in used],
        "security": [{"session": []}, {"key": []}],
        "components": {**found.get("components", {}), "securitySchemes": schemes},
    }  # fmt: skip


class Operations(AutoSchema):
    """One operation of a resource, as `Description` tells it; components are shared."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Schema | None:
        self.registry = registry
        if not isinstance(self.view, Described):
            return None
        action = self.view.action
        told = Description(self.view.resource, self.view.reader)  # type: ignore[arg-type]
        operation: Schema = {
            "operationId": f"{told.resource.key().replace('.', '_')}_{action}",
            "summary": told.summary(action),
            "description": told.details(action),
            "tags": [told.resource.key()],
            "parameters": told.parameters(action),
        }
        body = told.body(action)
        if body is not None:
            component = self.component(f"{told.name}.{action}", body)
            content = {"schema": component, "example": example_of(body, brief=action != "update")}
            operation["requestBody"] = {"required": True, "content": {_JSON: content}}
        if action in ("create", "update", "partial_update", "destroy"):
            operation["security"] = [{"session": [], "csrf": []}, {"key": []}]
        operation["responses"] = self.responses(told, action)
        return operation

    def component(self, name: str, schema: Schema) -> Schema:
        found = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)
        self.registry.register_on_missing(found)
        return found.ref

    def responses(self, told: Description, action: str) -> Schema:
        problems = {str(status): self.problem(status) for status in told.refusals(action)}
        if action == "file":
            binary: Schema = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
            return {"200": {"description": told.outcome(action), "content": binary}, **problems}
        if action == "files":
            page: Schema = {"schema": self.component("Files", page_schema()), "example": _FILES_EXAMPLE}
            return {"200": {"description": told.outcome(action), "content": {_JSON: page}}, **problems}
        record = told.record
        shown: Schema = self.component(told.name, record)
        example = example_of(record)
        if action == "list":
            # With `fields`, only the key is sure to be there.
            shown = told.page(self.component(f"{told.name}.listed", {**record, "required": ["id"]}))
            example = {**{"next": f"/api{told.resource.list_url}?after=WyJ…", "previous": None}, "results": [example]}
        status = {"create": "201", "destroy": "204"}.get(action, "200")
        good: Schema = {"description": told.outcome(action)}
        if action != "destroy":
            good["content"] = {_JSON: {"schema": shown, "example": example}}
        if action not in ("list", "destroy"):
            good["headers"] = {"ETag": {"schema": {"type": "string"}, "description": _("Pour If-Match.")}}
        if action == "retrieve":
            problems["304"] = {"description": _("La fiche est celle de If-None-Match.")}
        return {status: good, **problems}

    def problem(self, status: int) -> Schema:
        schema = self.component("Problem", PROBLEM)
        titles = " / ".join(str(kind.title) for kind in KINDS.values() if kind.status == status)
        return {"description": titles, "content": {MEDIA_TYPE: {"schema": schema}}}


_FILES_EXAMPLE = {
    "next": None,
    "results": [
        {
            "id": 7, "name": "devis.pdf", "kind": "pdf", "size": 48213, "sha256": "9f2c…", "author": "Anne Le Goff",
            "created_at": "2026-11-25T14:30:00+00:00", "url": "/api/…/12/files/7/",
        }
    ],
}  # fmt: skip

PROBLEM: Schema = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "parameter": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
                "required": ["code", "detail"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": False,
}
