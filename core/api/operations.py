"""What each operation of a resource is, in words and in JSON Schema, for one person."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django_filters.fields import ModelMultipleChoiceField

from core.accounts.models import User
from core.api.listing import fields_of, names_of
from core.api.serializer import TAG_NAMES, TAGS, customs_schema, serializer_of
from core.api.values import Schema
from core.api.writing import Shape, shapes_of
from core.columns import opening, sortable
from core.custom.column import NAME, is_key
from core.filters import TagFacet, bind_as_given
from core.keyset import COUNT_CAP, PAGE
from core.resource import Resource
from core.tab_values import MAX_QUERY

MANY = {"get": "list", "post": "create"}
ONE = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
FILES_OF_ROW = {"get": "files"}
FILE = {"get": "file"}
_ID: Schema = {"type": "integer", "minimum": 1}


def _query(name: str, schema: Schema, description: str, **more: Any) -> Schema:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema, **more}


def _header(name: str, description: str, *, required: bool = False) -> Schema:
    schema = {"type": "string"}  # a tag that is none of ours is no error: it matches nothing
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


class Description:
    """One resource, as a person may use it."""

    def __init__(self, resource: type[Resource], user: User) -> None:
        self.resource, self.user = resource, user
        self.serializer = serializer_of(resource, user)

    @property
    def name(self) -> str:
        """Of the record's component: "crm.Company"."""
        return f"{self.resource.module}.{self.resource.model.__name__}"

    @cached_property
    def record(self) -> Schema:
        return self.serializer.schema()

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        return shapes_of(self.resource.form(user=self.user), self.serializer.facts)

    # --- words ----------------------------------------------------------------------------------------------------
    def summary(self, action: str) -> str:
        meta = self.resource.model._meta
        one = f"{_('une') if self.resource.look.feminine else _('un')} {meta.verbose_name}"
        return {
            "list": _("Lister les %s") % meta.verbose_name_plural,
            "create": _("Créer %s") % one,
            "retrieve": _("Lire %s") % one,
            "update": _("Remplacer %s") % one,
            "partial_update": _("Modifier %s") % one,
            "destroy": _("Supprimer %s") % one,
            "files": _("Lister les fichiers d’%s") % one,
            "file": _("Télécharger un fichier d’%s") % one,
        }[action]

    def details(self, action: str) -> str:
        return {
            "list": _(
                "Les mêmes lignes que la liste à l’écran : mêmes filtres, même recherche, même ordre. « next "
                "» et « previous » sont les adresses des pages voisines."
            ),
            "create": _(
                "Les champs absents prennent la valeur que le formulaire propose. Le formulaire de l’écran "
                "juge les valeurs."
            ),
            "retrieve": _("La fiche et son ETag, à renvoyer dans If-Match pour ne rien écraser."),
            "update": _(
                "Tous les champs sont nécessaires ; ceux qui ne s’écrivent pas peuvent revenir tels qu’ils "
                "ont été lus."
            ),
            "partial_update": _(
                "Seuls les champs envoyés changent. Avec If-Match, refusé si la fiche a changé depuis la "
                "lecture."
            ),
            "destroy": _("La fiche va à la corbeille, pour trente jours. Refusé si d’autres fiches en dépendent."),
            "files": _("Du plus récent au plus ancien, cent par page. On les ajoute et les supprime à l’écran."),
            "file": _("Le fichier tel qu’il a été reçu."),
        }[action]  # fmt: skip

    def outcome(self, action: str) -> str:
        return {
            "list": _("Une page de fiches."),
            "create": _("La fiche créée ; son adresse est dans Location."),
            "destroy": _("La fiche est à la corbeille."),
            "files": _("Une page de fichiers."),
            "file": _("Le fichier."),
        }.get(action, _("La fiche."))

    def refusals(self, action: str) -> list[int]:
        """The statuses of its problems."""
        found = [400, 401, 403, 406, 429]
        if action != "list" and action != "create":
            found.append(404)
        if action in ("create", "update", "partial_update"):
            found += [413, 415, 422]
        if action in ("update", "partial_update", "destroy"):
            found.append(412)
        found += {"update": [428], "destroy": [409]}.get(action, [])
        return sorted(found)

    # --- bodies ---------------------------------------------------------------------------------------------------
    def body(self, action: str) -> Schema | None:
        if action not in ("create", "update", "partial_update"):
            return None
        own = {name: shape for name, shape in self.shapes.items() if not is_key(name)}
        custom = {name: shape for name, shape in self.shapes.items() if is_key(name)}
        needed = _needed(custom, action)
        properties = {name: shape.schema for name, shape in own.items()}
        properties[NAME] = customs_schema({name: shape.schema for name, shape in custom.items()}, needed)
        if TAGS in self.serializer.around:
            words = _("Les étiquettes de la fiche, toutes ; absentes, elles restent ce qu’elles sont.")
            properties[TAGS] = {**TAG_NAMES, "description": words}
        required = [*_needed(own, action), *([NAME] if needed else ())]
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**schema, "required": required} if required else schema

    def page(self, record: Schema) -> Schema:
        address = {"type": ["string", "null"]}
        return {
            "type": "object",
            "properties": {
                "next": {**address, "description": _("L’adresse de la page suivante.")},
                "previous": {**address, "description": _("L’adresse de la page précédente.")},
                "count": {"type": "integer", "description": _("Avec count=true : les fiches, %d au plus.") % COUNT_CAP},
                "count_is_exact": {"type": "boolean", "description": _("Faux au-delà de %d.") % COUNT_CAP},
                "results": {"type": "array", "items": record},
            },
            "required": ["next", "previous", "results"],
            "additionalProperties": False,
        }  # fmt: skip

    # --- parameters -----------------------------------------------------------------------------------------------
    def parameters(self, action: str) -> list[Schema]:
        if action == "list":
            return [*self._filters(), *self._own()]
        if action == "create":
            return []
        key = {"name": "id", "in": "path", "required": True, "description": _("La clé de la fiche."), "schema": _ID}
        if action == "files":
            return [key, _query("before", _ID, _("Le numéro d’un fichier : les plus anciens que lui."))]
        if action == "file":
            return [key, {**key, "name": "file", "description": _("Le numéro du fichier.")}]
        if action == "retrieve":
            return [key, _header("If-None-Match", _("L’ETag que vous avez : 304 si la fiche n’a pas changé."))]
        words = _("L’ETag de votre lecture : 412 si la fiche a changé depuis. « * » : quoi qu’elle soit devenue.")
        return [key, _header("If-Match", words, required=action == "update")]

    def _own(self) -> Iterator[Schema]:
        known = sortable(self.resource, self.user)
        sorts: Schema = {"type": "string", "enum": [f"{sign}{name}" for name in known for sign in ("", "-")]}
        if known:
            sorts["default"] = f"{'-' if (first := opening(known)).newest else ''}{first.name}"
        names = {"type": "string", "enum": self.serializer.names}
        words = {"type": "string", "maxLength": MAX_QUERY}
        most = settings.API_PAGE_SIZE
        size = {"type": "integer", "minimum": 1, "maximum": most, "default": PAGE}
        yield _query(
            "q", words, _("Recherche : chaque mot commence un mot de la fiche. %s") % self.resource.look.search_hint
        )
        yield _query("sort", sorts, _("Tri ; « - » devant pour l’inverse."))
        yield _query("page_size", size, _("Fiches par page, %d au plus.") % most)
        yield _query("after", {"type": "string"}, _("Curseur de « next » : la page suivante."))
        yield _query("before", {"type": "string"}, _("Curseur de « previous » : la page précédente."))
        yield _query("count", {"type": "boolean", "default": False}, _("Compter les fiches (plus lent)."))
        listed = {"type": "array", "items": names, "uniqueItems": True, "minItems": 1}
        yield _query(
            "fields", listed, _("Ces champs seulement, séparés par des virgules."), style="form", explode=False
        )

    def _filters(self) -> Iterator[Schema]:
        bound = bind_as_given(self.resource, self.user, QueryDict())
        for name, field in fields_of(bound).items():
            schema = _schema_of(field, tag=isinstance(bound.filters[name], TagFacet))
            choices = _choices(schema, field)
            many = _("Plusieurs : le paramètre répété.") if schema.get("type") == "array" else ""
            words = f"{capfirst(str(field.label or name))}. {many}".strip()
            meanings = " ; ".join(f"`{value}` : {label}" for value, label in choices.items())
            more = {"x-choices": choices, "x-help": words} if choices else {}
            for parameter in names_of({name: field}):
                yield _query(parameter, schema, f"{words} {meanings}".strip(), **more)


def _needed(shapes: dict[str, Shape], action: str) -> list[str]:
    """The fields that a body cannot leave out."""
    if action == "update":
        return list(shapes)
    return [name for name, shape in shapes.items() if shape.required] if action == "create" else []


def _schema_of(field: forms.Field, *, tag: bool) -> Schema:
    if tag or isinstance(field, ModelMultipleChoiceField):
        return {"type": "array", "items": _ID}
    if isinstance(field, forms.MultipleChoiceField):
        return {"type": "array", "items": {"type": "string", "enum": [str(value) for value, _label in _flat(field)]}}
    if isinstance(field, forms.NullBooleanField):
        return {"type": "boolean"}
    if isinstance(field, forms.ModelChoiceField):
        return _ID
    if isinstance(field, forms.ChoiceField):
        return {"type": "string", "enum": [str(value) for value, _label in _flat(field)]}
    for kind, schema in _KINDS:
        if isinstance(field, kind):
            return schema
    return {"type": "string"}


def _flat(field: Any) -> Iterator[tuple[Any, Any]]:
    for value, label in field.choices:
        yield from label if isinstance(label, list | tuple) else [(value, label)]


def _choices(schema: Schema, field: Any) -> dict[str, str]:
    """{value: what it means} of a filter whose values are known."""
    if "enum" not in schema and "enum" not in schema.get("items", {}):
        return {}
    return {str(value): str(label) for value, label in _flat(field) if str(value)}


_KINDS: tuple[tuple[type[forms.Field], Schema], ...] = (
    (forms.DecimalField, {"type": "number"}),
    (forms.IntegerField, {"type": "integer"}),
    (forms.DateTimeField, {"type": "string", "format": "date-time"}),
    (forms.DateField, {"type": "string", "format": "date"}),
)
