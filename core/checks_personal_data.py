"""System checks of the personal-data registry (privacy.md, T1 to T3): silence about a field is refused at start-up.

Every model of every application counts, third parties' included: config/personal_data.py speaks for those.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.checks import Error, register
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Model
from django.db.models.constants import LOOKUP_SEP

from core.custom.column import CustomColumn
from core.personal_data import (
    AUDITS,
    BASES,
    MATCHES,
    ORIGINS,
    PD,
    ROW,
    SELF,
    SENSITIVITIES,
    Blank,
    Declaration,
    Generalise,
    Keep,
    KeepUntil,
    NotPersonal,
    Null,
    Tombstone,
    declaration_of,
)

# Long words anywhere in a name; short ones only as a word of their own ("ip" is in "description").
_LOOKS_PERSONAL = re.compile(
    r"name|prenom|mail|phone|mobile|adresse|address|birth|naiss|iban|photo|signature|comment|remarque|description"
    r"|(?:^|_)(?:nom|tel|nir|secu|ip|notes?)(?:_|$)"
)


def looks_personal(name: str) -> bool:
    """Whether a name, in small letters without accents, words apart by "_", is one that personal data have (T2)."""
    return _LOOKS_PERSONAL.search(name) is not None


_PERSONAL_TYPES = (
    models.EmailField, models.GenericIPAddressField, models.FileField, models.TextField, models.JSONField,
)  # fmt: skip


@register()
def check_personal_data(app_configs: Any, **kwargs: Any) -> list[Error]:
    from django.apps import apps

    return [error for model in apps.get_models() for error in errors_of(model)]


def errors_of(model: type[Model]) -> Iterator[Error]:
    declaration = declaration_of(model)
    if declaration is None:
        yield _error(1, model, "says nothing of personal data", "@personal_data(…) or @no_personal_data(reason)")
        return
    known = {field.name: field for field in (*model._meta.concrete_fields, *model._meta.many_to_many)}
    for name in declaration.fields.keys() - known.keys():
        yield _error(4, model, f"Privacy names {name!r}, which is no field", "correct or remove it")
    for name, field in known.items():
        said = declaration.fields.get(name)
        if said is None:
            yield from _silence(model, field)
        elif isinstance(said, PD):
            yield from _words(model, field, said)
            yield from _erasing(model, field, said)
        elif not isinstance(said, NotPersonal) or not said.reason:
            yield _error(5, model, f"{name} is neither PD(…) nor NotPersonal(reason)", "see core.personal_data")
    yield from _whole(declaration)


def _silence(model: type[Model], field: models.Field) -> Iterator[Error]:
    """T2 and T3."""
    if isinstance(field, models.ForeignKey | models.ManyToManyField):
        target = field.related_model
        other = declaration_of(target) if not isinstance(target, str) else None
        if other is not None and other.is_personal and other.subject == SELF:
            yield _error(
                3, model, f"{field.name} points to a person ({other.model._meta.label}) and is not declared",
                f"class Privacy: {field.name} = PD(…) or NotPersonal(reason)",
            )  # fmt: skip
        return
    kind = field.base_field if isinstance(field, ArrayField) else field
    if isinstance(field, CustomColumn):  # each custom field is declared by whoever makes it: core.custom.privacy
        return
    if field.generated or not (_LOOKS_PERSONAL.search(field.name) or isinstance(kind, _PERSONAL_TYPES)):
        return
    yield _error(
        2, model, f"{field.name} looks personal and is not declared",
        f"class Privacy: {field.name} = PD(…) or NotPersonal(reason)",
    )  # fmt: skip


def _words(model: type[Model], field: models.Field, said: PD) -> Iterator[Error]:
    allowed = {
        "basis": BASES, "origin": ORIGINS, "sensitivity": SENSITIVITIES, "match": MATCHES, "audit": AUDITS,
    }  # fmt: skip
    for key, words in allowed.items():
        if getattr(said, key) not in words:
            text = f"{field.name}: {key}={getattr(said, key)!r} is unknown"
            yield _error(6, model, text, f"one of {', '.join(sorted(filter(None, words)))}")


def _erasing(model: type[Model], field: models.Field, said: PD) -> Iterator[Error]:
    """A strategy that the database would refuse on the day that it matters."""
    erase, name = said.erase, field.name
    if isinstance(erase, Blank | Generalise) and _is_unique(model, name):
        yield _error(7, model, f"{name} is unique: a second erased row would collide", "erase=Tombstone()")
    if isinstance(erase, Tombstone) and not isinstance(field, models.CharField | models.TextField):
        yield _error(7, model, f"{name}: a tombstone is a text", "another strategy")
    if isinstance(erase, Null) and not field.null and not field.many_to_many:
        yield _error(7, model, f"{name} is NOT NULL", "erase=Blank(), Tombstone() or DeleteRow()")
    if isinstance(erase, Blank) and (not field.blank or not field.empty_strings_allowed):
        yield _error(7, model, f"{name} may not be an empty text", "erase=Tombstone(), Null() or Generalise(…)")
    if isinstance(erase, KeepUntil):
        yield from _since(model, erase.since, f"{name}: KeepUntil")


def _whole(declaration: Declaration) -> Iterator[Error]:
    model = declaration.model
    if not declaration.is_personal:
        for name in declaration.personal:
            yield _error(5, model, f"{name} is declared personal in a model that holds nothing personal", "choose")
        return
    if not declaration.processing:
        yield _error(8, model, "names no processing", 'processing="CRM-01": its card in the register')
    if isinstance(declaration.retention, Keep):
        yield from _since(model, declaration.retention.since, "retention")
    if declaration.subject == SELF:
        if declaration.retention is None:
            yield _error(8, model, "is a person and says not how long it is kept", "retention=Keep(…)")
        return
    if declaration.subject == ROW:
        names = {field.name for field in model._meta.concrete_fields}
        if not names.issuperset({"model", "object_id"}):
            yield _error(8, model, 'subject="row" wants the fields `model` and `object_id`', "or a path of keys")
        return
    end = _end_of(model, declaration.subject)
    target = getattr(end, "related_model", None)
    other = declaration_of(target) if isinstance(target, type) else None
    if other is None or not other.is_personal:
        yield _error(
            8, model, f"subject {declaration.subject!r} leads to no declared person", "a path of keys, or self"
        )


def _since(model: type[Model], path: str, what: str) -> Iterator[Error]:
    end = _end_of(model, path)
    if not isinstance(end, models.DateField):
        yield _error(9, model, f"{what} counts from {path!r}, which is no date", "a date or a moment of the row")
    elif end.name == "updated_at":
        yield _error(9, model, f"{what} counts from {path!r}, which any change pushes on", "a business date")


def _end_of(model: type[Model], path: str) -> models.Field | None:
    """The field at the end of a path of forward keys, or None."""
    *steps, last = path.split(LOOKUP_SEP)
    try:
        for step in steps:
            key = model._meta.get_field(step)
            if not isinstance(key, models.ForeignKey) or isinstance(key.related_model, str):
                return None
            model = key.related_model
        found = model._meta.get_field(last)
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, models.Field) else None


def _is_unique(model: type[Model], name: str) -> bool:
    """By itself and without a condition (which may let blanks alone)."""
    if model._meta.get_field(name).unique:  # type: ignore[union-attr]
        return True
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None:
            expressions: Any = constraint.expressions
            names = {node.name for one in expressions for node in one.flatten() if hasattr(node, "name")}
            if {*constraint.fields, *names} == {name}:
                return True
    return False


def _error(number: int, model: type[Model], text: str, hint: str) -> Error:
    return Error(f"{model._meta.label}: {text}", hint=hint, obj=model, id=f"privacy.E{number:03d}")
