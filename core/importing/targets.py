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
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.actions.tags import clean_tag_name
from core.custom.column import NAME as CUSTOM
from core.custom.fields import Virtual
from core.fields import LookupField
from core.importing import values
from core.importing.values import Style
from core.importing.words import ALIASES
from core.registry import registry
from core.text import clean, fold

if TYPE_CHECKING:
    from core.resource import Resource

TAGS, ID = "tags", "id"
Parse = Callable[[str, Style], Any]


@dataclass
class Target:
    """One thing that a column can fill.

    `parse(text, style)` gives the value, or raises ValidationError in people's words; it is called with text that is
    not empty. `column`: the model's field that holds the value, "" for what is kept elsewhere (tags, the key).
    `part`: where the field is a JSON object, the key of the value in it (custom fields).
    `kind`: text, number, date, moment, boolean, choice, row (of another resource), person, tags, id.
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

    @cached_property
    def names(self) -> set[str]:
        """What a title may say to mean this target, folded."""
        return {fold(str(name)) for name in (self.label, self.name.replace("_", " "), *self.aliases)} - {""}


def targets(resource: type[Resource], user: User) -> list[Target]:
    """Everything that this person may fill in a row, in the order of the form; then tags and the row's number."""
    form: Any = resource.form(user=user)  # type: ignore[call-arg]
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
    if TAGS not in names:
        found.append(Target(TAGS, _("Étiquettes"), _parse_tags, TAGS, aliases=ALIASES["tags"], group=_("Classement")))
    if ID not in names:
        found.append(Target(ID, _("N° de fiche"), _parse_id, ID, aliases=ALIASES["id"], group=_("Classement")))
    return found


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
        name, label, _plain(form_field, model_field), column=name, group=group,
        required=form_field.required and not _has_default(model_field),
        aliases=[str(model_field.verbose_name), *ALIASES.get(name, ())],
    )  # fmt: skip
    if isinstance(model_field, models.ForeignKey):
        return _key(target, form_field, model_field)
    if isinstance(model_field, models.BooleanField):
        target.kind, target.parse = "boolean", lambda text, style: values.parse_boolean(text)
    elif model_field.choices:
        target.kind, target.choices = "choice", {str(value): str(text) for value, text in model_field.flatchoices}
        target.parse = _choice(target.choices, model_field)
    elif isinstance(model_field, models.DateTimeField):
        target.kind, target.parse = "moment", _checked(values.parse_moment, form_field, model_field)
    elif isinstance(model_field, models.DateField):
        target.kind, target.parse = "date", _checked(values.parse_date, form_field, model_field)
    elif isinstance(model_field, models.DecimalField | models.FloatField | models.IntegerField):
        target.kind, target.parse = "number", _number(form_field, model_field)
    return target


def _key(target: Target, form_field: forms.Field, model_field: models.ForeignKey) -> Target | None:
    related: Any = model_field.related_model
    if related is User and isinstance(form_field, forms.ModelChoiceField):
        target.kind, target.parse = "person", _person(form_field)
        return target
    if isinstance(form_field, LookupField) and registry.of(related) is not None:
        target.kind, target.model, target.parse = "row", related, lambda text, style: " ".join(clean(text).split())
        return target
    if isinstance(form_field, forms.ModelChoiceField):
        target.kind, target.parse = "choice", _one_of(form_field)
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
    one = _choice(choices, models.CharField())
    if not isinstance(form_field, forms.MultipleChoiceField):
        return lambda text, style: field.to_json(form_field.clean(one(text, style)))

    def parse(text: str, style: Style) -> Any:
        parts = [part for part in re.split(r"[;,|\n]", text) if part.strip()]
        return field.to_json(form_field.clean([one(part, style) for part in parts]))

    return parse


# --- values: what the form's field says, then the model's own validators ---------------------------------------------
def _plain(form_field: forms.Field, model_field: models.Field) -> Parse:
    if not (_is_ordinary(form_field, forms.Field) and _is_ordinary(model_field, models.Field)):

        def parse(text: str, style: Style) -> Any:
            value = form_field.clean(clean(text).strip())
            return model_field.clean(value, None) if value not in model_field.empty_values else value

        return parse
    # The same, without asking twice: both fields carry mostly the same validators, and `clean` leaves no NUL.
    validators = [*form_field.validators]
    validators += [one for one in model_field.validators if one not in validators]
    validators = [one for one in validators if not isinstance(one, ProhibitNullCharactersValidator)]

    def parse_fast(text: str, style: Style) -> Any:
        value = form_field.to_python(clean(text).strip())
        form_field.validate(value)
        if value in model_field.empty_values:
            return value
        errors: list[ValidationError] = []
        for validator in validators:
            try:
                validator(value)
            except ValidationError as error:
                error.message = form_field.error_messages.get(error.code or "", error.message)
                errors.extend(error.error_list)
        if errors:
            raise ValidationError(errors)
        return value

    return parse_fast


def _is_ordinary(one: Any, base: Any) -> bool:
    """Whether a field of a form or a model judges as Django's own do: by to_python, validate and validators."""
    return type(one).clean is base.clean and type(one).run_validators is base.run_validators and (
        base is forms.Field or (type(one).validate is base.validate and not one.choices)
    )  # fmt: skip


def _checked(read: Parse, form_field: forms.Field, model_field: models.Field) -> Parse:
    def parse(text: str, style: Style) -> Any:
        value = read(text, style)
        form_field.run_validators(value)
        model_field.run_validators(value)
        return value

    return parse


def _number(form_field: forms.Field, model_field: models.Field) -> Parse:
    whole = isinstance(model_field, models.IntegerField)

    def parse(text: str, style: Style) -> Any:
        number = values.parse_number(text, style)
        if whole and number != number.to_integral_value():
            raise ValidationError(_("« %s » n’est pas un nombre entier.") % text[:40])
        return model_field.clean(form_field.clean(str(int(number)) if whole else f"{number:f}"), None)

    return parse


def _choice(choices: dict[str, str], model_field: models.Field) -> Parse:
    known = {fold(value): value for value in choices} | {fold(label): value for value, label in choices.items()}
    exact = {value.casefold(): value for value in choices}
    shown = ", ".join(label for label in list(choices.values())[:8] if label)

    def parse(text: str, style: Style) -> Any:
        found = exact.get(text.strip().casefold(), known.get(fold(text)))
        if found is None:
            raise ValidationError(
                _("« %(text)s » n’est pas un choix connu : %(choices)s.") % {"text": text[:40], "choices": shown}
            )
        return model_field.to_python(found)

    return parse


def _one_of(form_field: forms.ModelChoiceField) -> Parse:
    """A row of a short list that no resource shows, by what it is called. Read once."""
    known: dict[str, list[Any]] = {}
    rows: Any = form_field.queryset

    def parse(text: str, style: Style) -> Any:
        if not known:
            for row in rows.all()[:5000]:
                known.setdefault(fold(str(row)), []).append(row.pk)
        return _only(known.get(fold(text), []), text)

    return parse


def _person(form_field: forms.ModelChoiceField) -> Parse:
    """A colleague within reach, by e-mail or by name in either order. Read once."""
    known: dict[str, list[Any]] = {}
    people: Any = form_field.queryset

    def parse(text: str, style: Style) -> Any:
        if not known:
            for person in people.only("pk", "email", "first_name", "last_name"):
                first, last = person.first_name, person.last_name
                for name in {fold(f"{first} {last}"), fold(f"{last} {first}"), person.email.casefold()} - {""}:
                    known.setdefault(name, []).append(person.pk)
        return _only(known.get(text.strip().casefold()) or known.get(fold(text), []), text)

    return parse


def _only(found: Sequence[Any], text: str) -> Any:
    if not found:
        raise ValidationError(_("« %s » n’est personne, ou rien, que vous puissiez choisir ici.") % text[:60])
    if len(found) > 1:
        raise ValidationError(_("« %s » en désigne plusieurs : donnez l’adresse e-mail.") % text[:60])
    return found[0]


def _parse_tags(text: str, style: Style) -> list[str]:
    """Words parted by commas, semicolons or bars."""
    for mark in ";|\n":
        text = text.replace(mark, ",")
    return list(dict.fromkeys(clean_tag_name(part) for part in text.split(",") if part.strip()))


def _parse_id(text: str, style: Style) -> int:
    digits = text.strip().lstrip("#")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise ValidationError(_("« %s » n’est pas un numéro de fiche.") % text[:40])
    return int(digits)


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
