"""What the columns of a file may fill, derived from a resource's form: `targets(resource, user)`.

The one seam of the generic import: whatever is in that list can be mapped, guessed, validated and written, and what is
not cannot. A field that the person may not see (`hidden_from`) is never in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.custom.column import NAME as CUSTOM
from core.custom.fields import Virtual
from core.fields import LookupField
from core.importing import parsers, values
from core.importing.parsers import Parse
from core.importing.values import Style
from core.importing.words import ALIASES
from core.registry import registry
from core.text import clean, fold

if TYPE_CHECKING:
    from core.resource import Resource

TAGS, ID, FULL_NAME = "tags", "id", "full_name"
NAMES = ("first_name", "last_name")  # of a person: what a full name gives


@dataclass
class Target:
    """One thing that a column can fill.

    `parse(text, style)` gives the value, or raises ValidationError in people's words; it is called with text that is
    not empty. `column`: the model's field that holds the value, "" for what is kept elsewhere (tags, the key).
    `part`: where the field is a JSON object, the key of the value in it (custom fields).
    `kind`: text, number, date, moment, boolean, choice, row (of another resource), person, full_name, tags, id.
    """

    name: str
    label: str
    parse: Parse
    kind: str = "text"
    column: str = ""
    part: str = ""
    group: str = ""
    required: bool = False
    aliases: Sequence[str] = ()
    model: type[models.Model] | None = None  # of a row
    show: Callable[[Any], str] = str  # a value of a part, for the report
    choices: dict[str, str] = field(default_factory=dict)

    @property
    def may_be_left(self) -> bool:
        """Whether a person may choose to leave out whom nobody here knows: another program's users are never ours."""
        return self.kind == "person" and not self.required

    @cached_property
    def names(self) -> set[str]:
        """What a title may say to mean this target, folded. A bare « id » is another program's, never ours."""
        own = "" if self.kind == ID else self.name.replace("_", " ")
        return {fold(str(name)) for name in (self.label, own, *self.aliases)} - {""}


def targets(resource: type[Resource], user: User) -> list[Target]:
    """Everything that this person may fill in a row, in the order of the form; then tags and the row's number."""
    form: Any = resource.form(user=user)
    hidden = resource.hidden_from(user)
    groups = {name: str(legend) for legend, names in getattr(form, "fieldsets", ()) for name in names}
    customs: dict[str, Virtual] = getattr(form, "customs", {})
    found = []
    for name, form_field in form.fields.items():
        if name in hidden:
            continue
        if name in customs:
            found.append(custom_target(customs[name], form_field))
        elif target := _target(resource, name, form_field, groups.get(name, "")):
            found.append(target)
    titles = {col.name: str(col.label) for col in resource.columns if col.label}
    for target in found:  # what the list, and so its export, calls them
        if target.name in titles:
            target.aliases = [*target.aliases, titles[target.name]]
    names = {target.name for target in found}
    if names.issuperset(NAMES):
        found.insert(max(place for place, target in enumerate(found) if target.name in NAMES) + 1, _full_name(found))
    if TAGS not in names:
        found.append(
            Target(TAGS, _("Étiquettes"), parsers.parse_tags, TAGS, aliases=ALIASES["tags"], group=_("Classement"))
        )
    if ID not in names:
        found.append(Target(ID, _("N° de fiche"), parsers.parse_id, ID, aliases=ALIASES["id"], group=_("Classement")))
    return found


def _full_name(found: Sequence[Target]) -> Target:
    first, last = (target for name in NAMES for target in found if target.name == name)
    return Target(
        FULL_NAME, _("Prénom et nom"), parsers.full_name(first.parse, last.parse), FULL_NAME,
        aliases=ALIASES[FULL_NAME], group=last.group,
    )  # fmt: skip


def _target(resource: type[Resource], name: str, form_field: forms.Field, group: str) -> Target | None:
    """None for what a cell of text cannot fill: files, several rows at once."""
    try:
        model_field = resource.model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    if not isinstance(model_field, models.Field) or isinstance(
        model_field, models.FileField | models.ManyToManyField | models.JSONField
    ):
        return None
    label = capfirst(str(form_field.label or model_field.verbose_name))
    target = Target(
        name, label, parsers.plain(form_field, model_field), column=name, group=group,
        required=form_field.required and not _has_default(model_field),
        aliases=[str(model_field.verbose_name), *ALIASES.get(name, ())],
    )  # fmt: skip
    if isinstance(model_field, models.ForeignKey):
        return _key(target, form_field, model_field)
    if isinstance(model_field, models.BooleanField):
        target.kind, target.parse = "boolean", lambda text, style: values.parse_boolean(text)
    elif model_field.choices:
        target.kind, target.choices = "choice", {str(value): str(text) for value, text in model_field.flatchoices}
        target.parse = parsers.choice(target.choices, model_field)
    elif isinstance(model_field, models.DateTimeField):
        target.kind, target.parse = "moment", parsers.checked(values.parse_moment, form_field, model_field)
    elif isinstance(model_field, models.DateField):
        target.kind, target.parse = "date", parsers.checked(values.parse_date, form_field, model_field)
    elif isinstance(model_field, models.DecimalField | models.FloatField | models.IntegerField):
        target.kind, target.parse = "number", parsers.number(form_field, model_field)
    return target


def _key(target: Target, form_field: forms.Field, model_field: models.ForeignKey) -> Target | None:
    related: Any = model_field.related_model
    if related is User and isinstance(form_field, forms.ModelChoiceField):
        target.kind, target.parse = "person", parsers.person(form_field)
        return target
    if isinstance(form_field, LookupField) and registry.of(related) is not None:
        target.kind, target.model, target.parse = "row", related, lambda text, style: " ".join(clean(text).split())
        return target
    if isinstance(form_field, forms.ModelChoiceField):
        target.kind, target.parse = "choice", parsers.one_of(form_field)
        return target
    return None


def _has_default(model_field: models.Field) -> bool:
    return model_field.has_default() or model_field.has_db_default()


# --- custom fields ------------------------------------------------------------------------------------------------
def custom_target(field: Virtual, form_field: forms.Field) -> Target:
    """What a client added to the rows: judged by its own form field, kept under its key in the column `custom`."""
    target = Target(
        field.name, str(field.verbose_name), _of_custom(field, form_field), column=CUSTOM, part=field.name,
        group=_("Champs propres"), required=field.definition.required, show=field.text,
    )  # fmt: skip
    if isinstance(field, models.BooleanField):
        target.kind = "boolean"
        target.parse = lambda text, style: field.to_json(values.parse_boolean(text)) or False
    elif isinstance(field, models.DecimalField):
        target.kind = "number"
        target.parse = lambda text, style: field.to_json(form_field.clean(f"{values.parse_number(text, style):f}"))
    elif isinstance(field, models.DateField):
        target.kind = "date"
        target.parse = lambda text, style: field.to_json(form_field.clean(values.parse_date(text, style)))
    elif isinstance(form_field, forms.MultipleChoiceField | forms.ChoiceField):
        target.kind = "choice"
        target.choices = {str(value): str(label) for value, label in form_field.choices if value}  # type: ignore[misc, union-attr]
        target.parse = _of_options(field, form_field, target.choices)
    return target


def _of_custom(field: Virtual, form_field: forms.Field) -> Parse:
    return lambda text, style: field.to_json(form_field.clean(clean(text).strip()))


def _of_options(field: Virtual, form_field: forms.Field, choices: dict[str, str]) -> Parse:
    """Options by their labels; several of them parted by commas, semicolons or bars."""
    one = parsers.choice(choices, models.CharField())
    if not isinstance(form_field, forms.MultipleChoiceField):
        return lambda text, style: field.to_json(form_field.clean(one(text, style)))

    def parse(text: str, style: Style) -> Any:
        parts = [part for part in re.split(r"[;,|\n]", text) if part.strip()]
        return field.to_json(form_field.clean([one(part, style) for part in parts]))

    return parse


def everybody(rights: Iterable[str]) -> User:
    """Who reaches everything: the vendor's command, which a written request covers (R01). Never saved."""
    from core.accounts.access import MODULES, Access, Level, Scope

    modules = {*MODULES, *(resource.module for resource in registry)}
    person = User(email="import@invalid")
    person.access = Access(
        dict.fromkeys(modules, Level.MANAGE),
        {(module, level): Scope.ALL for module in modules for level in Level},
        frozenset(rights),
    )
    return person
