"""What the API shows of a record, and what it takes: derived from the resource, as its screens are.

Not a serializer of Django REST framework: reading is a dictionary made by functions that are looked up once for many
rows, and writing is judged by the resource's own form (core.api.writing). A resource that wants to deviate names a
subclass in `Resource.serializer`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.actions.tags import tags_of
from core.api.values import Reader, Schema, reader, schema_of
from core.columns import choosable, label_of
from core.custom.column import NAME, is_key
from core.custom.definitions import fields_of

if TYPE_CHECKING:
    from core.accounts.models import User
    from core.resource import Resource

TAGS, FILES = "tags", "files"
AROUND = ("title", "custom", TAGS, "url")  # what a record has besides its key and its facts
TAG_NAMES: Schema = {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 1000}
_FILES = (models.FileField, models.BinaryField)


@dataclass(frozen=True)
class Fact:
    """One member of a record's JSON. `field` is the model's, where it is one: lists read it with the row."""

    name: str
    label: str
    read: Reader
    schema: Schema
    help: str = ""
    field: models.Field | None = None

    @property
    def place(self) -> str:
        """Where it stands in the JSON: "city", "custom.f12"."""
        return f"{NAME}.{self.name}" if is_key(self.name) else self.name


class Serializer:
    """The facts of a resource that a person (and, for keys, an interface) may see."""

    without: ClassVar[Sequence[str]] = ()  # fields that the API leaves out

    def __init__(self, resource: type[Resource], user: User, *, allowed: Collection[str] | None = None) -> None:
        """`allowed`: the only fields that this caller may read or write; None for all."""
        self.resource, self.user, self.allowed = resource, user, allowed
        self.around = frozenset(name for name in AROUND if self.shows(name))

    # --- the facts ------------------------------------------------------------------------------------------------
    @cached_property
    def facts(self) -> list[Fact]:
        """In the order of the JSON. Everything the API shows, takes, documents and checks comes from here."""
        return [fact for fact in (*self.own(), *self.extra()) if self.shows(fact.name)]

    def own(self) -> Iterator[Fact]:
        """The fields of the form in its order, then the other columns that this person may choose in the list."""
        names = [*self.resource.form.base_fields, *choosable(self.resource, self.user)]
        hidden = self.resource.hidden_from(self.user)
        labels = {col.name: label_of(self.resource, col) for col in self.resource.columns if not col.link}
        for name in dict.fromkeys(names):
            field = self._field(name)
            if field is None or name in hidden or isinstance(field, _FILES):
                continue
            label = labels.get(name) or capfirst(str(field.verbose_name))
            yield Fact(name, label, reader(field), schema_of(field), str(field.help_text), field)
        for custom in fields_of(self.resource.model):
            if custom.name not in hidden:
                label = str(custom.verbose_name)
                yield Fact(custom.name, label, reader(custom), schema_of(custom), str(custom.help_text), custom)

    @property
    def plain(self) -> list[Fact]:
        """The facts that are not custom fields: those are together, in the member `custom`."""
        return [fact for fact in self.facts if not is_key(fact.name)]

    @property
    def customs(self) -> list[Fact]:
        return [fact for fact in self.facts if is_key(fact.name)]

    def extra(self) -> Iterator[Fact]:
        """What a subclass adds."""
        return iter(())

    def shows(self, name: str) -> bool:
        return name not in self.without and (self.allowed is None or name in self.allowed)

    def _field(self, name: str) -> models.Field | None:
        try:
            return self.resource.model._meta.get_field(name)  # type: ignore[return-value]
        except FieldDoesNotExist:
            return None

    @property
    def names(self) -> list[str]:
        """Of every member, in the order of the JSON."""
        names = ("id", "title", *(fact.name for fact in self.plain), NAME, "tags", "url")
        return [name for name in names if name not in AROUND or name in self.around]

    # --- reading --------------------------------------------------------------------------------------------------
    def narrow(self, names: Collection[str]) -> None:
        """Show only these (and the key)."""
        self.facts = [fact for fact in self.facts if (NAME if is_key(fact.name) else fact.name) in names]
        self.around &= frozenset(names)

    @property
    def shown(self) -> set[str]:
        """The fields of the model that `represent` reads."""
        names = {fact.field.name for fact in self.plain if fact.field is not None}
        return names | ({NAME} if self.customs else set())

    @property
    def many(self) -> list[str]:
        """Those of them that hold several rows."""
        return [fact.name for fact in self.plain if isinstance(fact.field, models.ManyToManyField)]

    def ready(self, rows: models.QuerySet) -> models.QuerySet:
        """The rows with what `represent` reads of them, and no more."""
        from core.lean import lean

        return lean(rows, self.shown).prefetch_related(*self.many)

    def represent(self, rows: Sequence[models.Model]) -> list[dict[str, Any]]:
        """Each row as JSON. One query for the tags of all."""
        around, resource, base = self.around, self.resource, self.resource.list_url
        readers = [(fact.name, fact.read) for fact in self.plain]
        customs = [(fact.name, fact.read) for fact in self.customs]
        tags: Mapping[int, Any] = tags_of(resource.key(), [row.pk for row in rows]) if "tags" in around and rows else {}
        told = []
        for row in rows:
            record: dict[str, Any] = {"id": row.pk}
            if "title" in around:
                record["title"] = resource.title(row)
            for name, read in readers:
                record[name] = read(row)
            if NAME in around:
                record[NAME] = {name: read(row) for name, read in customs}
            if "tags" in around:
                record["tags"] = [tag.name for tag in tags.get(row.pk, ())]
            if "url" in around:
                record["url"] = f"{base}{row.pk}/"
            told.append(record)
        return told

    # --- the description ------------------------------------------------------------------------------------------
    def schema(self) -> Schema:
        """The JSON Schema of a record."""
        properties: dict[str, Schema] = {
            "id": {"type": "integer", "description": _("Clé de la fiche."), "readOnly": True},
            "title": {"type": "string", "description": _("La fiche en quelques mots."), "readOnly": True},
        }
        for fact in self.plain:
            properties[fact.name] = described(fact.schema, fact.label, fact.help, fact.field)
        own = {fact.name: described(fact.schema, fact.label, fact.help, fact.field) for fact in self.customs}
        properties[NAME] = customs_schema(own, list(own))
        properties["tags"] = {**TAG_NAMES, "description": _("Étiquettes.")}
        properties["url"] = {"type": "string", "description": _("Adresse de la fiche à l’écran."), "readOnly": True}
        properties = {name: properties[name] for name in self.names}
        return {
            "type": "object", "properties": properties, "required": self.names, "additionalProperties": False,
        }  # fmt: skip


def customs_schema(properties: dict[str, Schema], required: Sequence[str]) -> Schema:
    """Of the member `custom`."""
    told = {"type": "object", "description": _("Les champs propres à votre entreprise."), "properties": properties}
    return {**told, "additionalProperties": False, **({"required": list(required)} if required else {})}


def described(schema: Schema, label: str, help_text: str, field: Any = None) -> Schema:
    """A schema with what people read about it: label, help, and what each choice means."""
    choices = {str(value): str(name) for value, name in getattr(field, "flatchoices", None) or () if value is not None}
    meanings = " ; ".join(f"`{value}` : {name}" for value, name in choices.items())
    told: Schema = {"title": label, "description": " ".join(filter(None, (help_text, meanings)))}
    out = {**schema, **{key: text for key, text in told.items() if text}}
    return {**out, "x-choices": choices, "x-help": help_text} if choices else out


def serializer_of(resource: type[Resource], user: User, *, allowed: Collection[str] | None = None) -> Serializer:
    return (resource.serializer or Serializer)(resource, user, allowed=allowed)
