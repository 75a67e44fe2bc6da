"""The documentation that people read, made from the description of the API: an introduction, and a page a resource."""

import json
import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.accounts.access import MODULES, Level
from core.accounts.licences import refuse_unlicensed
from core.api.problems import KINDS
from core.api.values import DECIMAL, Schema
from core.resource import Resource
from core.views.base import InstanceView

_ORDER = ("get", "post", "put", "patch", "delete")


class DocsView(InstanceView):
    """`resource` comes with the address of a resource's page; without it, the introduction."""

    def get(self, request: HttpRequest, resource: type[Resource] | None = None) -> HttpResponse:
        from core.api import schema

        user: Any = request.user
        if resource is not None:
            refuse_unlicensed(resource.module)
        if resource is not None and not resource.may(user, Level.READ):
            raise PermissionDenied
        found = schema.of(user)
        host = f"{request.scheme}://{request.get_host()}"
        context: dict[str, Any] = {
            "sections": list(sections(found, resource)),
            "host": host,
            "schema_url": reverse("api-schema"),
            "here": resource,
        }
        if resource is not None:
            context["operations"] = [Operation(found, *one, host) for one in of_tag(found, resource.key())]
            return render(request, "core/api_resource.html", context)
        rates, rows = settings.API_RATES, settings.API_EXTRACTION_ROWS
        context |= {"rates": rates, "kinds": KINDS.values(), "rows": rows, "first": _first(found, host)}
        return render(request, "core/api_docs.html", context)


# --- the navigation -----------------------------------------------------------------------------------------------
def of_tag(schema: Schema, tag: str) -> Iterator[tuple[str, str, Schema]]:
    """(method, address, operation) of a resource, in the order that people read them."""
    for address, methods in schema["paths"].items():
        for method in _ORDER:
            if method in methods and tag in methods[method]["tags"]:
                yield method, address, methods[method]


def sections(schema: Schema, here: type[Resource] | None) -> Iterator[dict[str, Any]]:
    """The modules, with their resources and the operations of each."""
    modules: dict[str, list[dict[str, Any]]] = {}
    for tag in schema.get("tags", ()):
        url = f"{reverse('api-docs')}{_address(schema, tag['name'])}"
        operations = [
            {"method": method, "label": operation["summary"], "url": f"{url}#{operation['operationId']}"}
            for method, _address_, operation in of_tag(schema, tag["name"])
        ]
        current = here is not None and here.key() == tag["name"]
        entry = {"label": tag["x-displayName"], "url": url, "operations": operations, "current": current}
        modules.setdefault(tag["x-module"], []).append(entry)
    for module, resources in modules.items():
        yield {"label": str(MODULES.get(module, module)), "resources": resources}


def _address(schema: Schema, tag: str) -> str:
    _method, address, _operation = next(of_tag(schema, tag))
    return address.removeprefix("/api")


def _first(schema: Schema, host: str) -> "Operation | None":
    """A request to begin with."""
    for tag in schema.get("tags", ()):
        return Operation(schema, *next(of_tag(schema, tag["name"])), host)
    return None


# --- one operation --------------------------------------------------------------------------------------------------
class Operation:
    """What the template shows of an operation."""

    def __init__(self, schema: Schema, method: str, address: str, operation: Schema, host: str) -> None:
        self.schema, self.method, self.address, self.operation, self.host = schema, method, address, operation, host
        self.id, self.summary, self.description = (
            operation[name] for name in ("operationId", "summary", "description")
        )

    @property
    def parameters(self) -> list[dict[str, Any]]:
        places = {"path": _("adresse"), "header": _("en-tête"), "query": ""}
        return [
            {
                **field_of(one["name"], one["schema"], one.get("required", False)),
                "place": places[one["in"]],
                "help": one.get("x-help", one["description"]),
                "choices": one.get("x-choices", {}),
            }
            for one in self.operation["parameters"]
        ]

    @property
    def body(self) -> list[dict[str, Any]]:
        content = self.operation.get("requestBody", {}).get("content", {}).get("application/json")
        return fields_of(self._whole(content["schema"])) if content else []

    @property
    def record(self) -> list[dict[str, Any]]:
        """What the answer holds; only where it is not said by the body already."""
        if self.method != "get":
            return []
        schema = self._whole(self._good[1].get("content", {}).get("application/json", {}).get("schema", {}))
        results = schema.get("properties", {}).get("results")
        return fields_of(self._whole(results["items"]) if results else schema)

    @property
    def answers(self) -> list[dict[str, Any]]:
        status, good = self._good
        rest = [(code, one["description"]) for code, one in self.operation["responses"].items() if code != status]
        told = ((status, good["description"]), *rest)
        return [{"status": code, "text": text, "good": code < "400"} for code, text in told]

    @property
    def _good(self) -> tuple[str, Schema]:
        return next((code, one) for code, one in self.operation["responses"].items() if code < "300")

    def _whole(self, schema: Schema) -> Schema:
        name = schema.get("$ref", "").rpartition("/")[2]
        return self.schema["components"]["schemas"][name] if name else schema

    # --- the example ----------------------------------------------------------------------------------------------
    @property
    def curl(self) -> str:
        """A command that one can paste."""
        address = self.address.replace("{id}", "12")
        writes = "csrf" in str(self.operation.get("security", ""))
        cookie = f"{settings.SESSION_COOKIE_NAME}=$SESSION"
        verb = "" if self.method == "get" else f"-X {self.method.upper()} "
        parts = [f"curl {verb}{self.host}{address}"]
        if writes:
            cookie += f"; {settings.CSRF_COOKIE_NAME}=$JETON"
            parts.append('-H "X-CSRFToken: $JETON"')
        parts.insert(1, f'-b "{cookie}"')
        if self.method in ("put", "patch"):
            parts.append("""-H 'If-Match: "51c00b4c176bd08f"'""")
        content = self.operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content:
            text = json.dumps(content["example"], ensure_ascii=False, indent=2).replace("'", "’")
            parts += ["-H 'Content-Type: application/json'", f"-d '{text}'"]
        return " \\\n  ".join(parts)

    @property
    def curl_html(self) -> SafeString:
        return coloured(self.curl)

    @property
    def answer_html(self) -> SafeString:
        content = self._good[1].get("content", {}).get("application/json")
        return coloured(json.dumps(content["example"], ensure_ascii=False, indent=2)) if content else SafeString("")

    @property
    def answer_status(self) -> str:
        return self._good[0]

    @property
    def problem_html(self) -> SafeString:
        return coloured(json.dumps(_problem(), ensure_ascii=False, indent=2))


def _problem() -> dict[str, Any]:
    kind = KINDS["refused"]
    return {
        "type": f"/api/docs#{kind.slug}", "title": str(kind.title), "status": kind.status, "detail": str(kind.detail),
        "errors": [{"field": "email", "code": "invalid", "detail": _("Saisissez une adresse e-mail valide.")}],
    }  # fmt: skip


# --- fields -----------------------------------------------------------------------------------------------------------
def fields_of(schema: Schema, within: str = "") -> list[dict[str, Any]]:
    """The members of an object; those of `custom` after it, by their whole names."""
    found: list[dict[str, Any]] = []
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        found.append(field_of(f"{within}{name}", part, name in required))
        if name == "custom":
            found += fields_of(part, "custom.")
    return found


def field_of(name: str, schema: Schema, required: bool) -> dict[str, Any]:
    choices = schema.get("x-choices", {})
    return {
        "name": name,
        "label": schema.get("title", ""),
        "type": type_of(schema),
        "required": required,
        "help": schema.get("x-help", schema.get("description", "")),
        "choices": choices,
    }


def type_of(schema: Schema) -> str:
    """ "texte, 200 au plus", "date ou null", "liste de fiches"."""
    if "anyOf" in schema:
        kinds = [one for one in schema["anyOf"] if one.get("type") != "null"]
        null = len(kinds) < len(schema["anyOf"])
        return _or_null(_("fiche : clé ou {id}") if len(kinds) > 1 else _("fiche {id, label}"), null)
    kinds = schema.get("type", "string")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    null, kind = "null" in kinds, next((one for one in kinds if one != "null"), "string")
    if kind == "array":
        return _("liste : %s") % type_of(schema["items"])
    if schema.get("pattern") == DECIMAL:
        return _or_null(_("décimal"), null)
    words = {
        "string": _("texte"), "integer": _("entier"), "number": _("nombre"), "boolean": _("booléen"),
        "object": _("objet"),
    }[kind]  # fmt: skip
    words = {"date": _("date"), "date-time": _("date et heure")}.get(schema.get("format", ""), words)
    if "enum" in schema:
        words = _("choix")
    if "maxLength" in schema:
        words = _("%(kind)s, %(most)d au plus") % {"kind": words, "most": schema["maxLength"]}
    return _or_null(words, null)


def _or_null(words: str, null: bool) -> str:
    return _("%s ou null") % words if null else words


# --- colours ----------------------------------------------------------------------------------------------------------
_TOKEN = re.compile(
    r'(?P<key>"[^"\n]*")(?=\s*:\s)|(?P<text>"[^"\n]*")|(?P<word>\b(?:true|false|null)\b)'
    r'|(?P<number>(?<![\w":/.-])-?\d+(?:\.\d+)?(?![\w-]))|(?P<option>(?<=\s)-[A-Za-z]\b)|(?P<command>^curl)'
)


def coloured(text: str) -> SafeString:
    """Code with its parts set apart, escaped."""
    parts, place = [], 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        parts.append(escape(text[place : match.start()]))
        parts.append(SafeString(f'<span class="c-{kind}">{escape(match[0])}</span>'))
        place = match.end()
    return SafeString("".join([*parts, escape(text[place:])]))
