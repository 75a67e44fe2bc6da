"""From the text of a cell to a value: what the form's field says, then the model's own validators.

Each gives a function of (text that is not empty, the column's style), which raises ValidationError in people's words.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.utils.translation import gettext as _

from core.actions.tags import clean_tag_name
from core.importing import values
from core.importing.values import Style
from core.text import clean, fold, split_name

Parse = Callable[[str, Style], Any]
UNKNOWN = "unknown"  # the code of the error on what names nobody


def plain(form_field: forms.Field, model_field: models.Field) -> Parse:
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


def checked(read: Parse, form_field: forms.Field, model_field: models.Field) -> Parse:
    def parse(text: str, style: Style) -> Any:
        value = read(text, style)
        form_field.run_validators(value)
        model_field.run_validators(value)
        return value

    return parse


def number(form_field: forms.Field, model_field: models.Field) -> Parse:
    whole = isinstance(model_field, models.IntegerField)

    def parse(text: str, style: Style) -> Any:
        found = values.parse_number(text, style)
        if whole and found != found.to_integral_value():
            raise ValidationError(_("« %s » n’est pas un nombre entier.") % text[:40])
        return model_field.clean(form_field.clean(str(int(found)) if whole else f"{found:f}"), None)

    return parse


def choice(choices: dict[str, str], model_field: models.Field) -> Parse:
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


def one_of(form_field: forms.ModelChoiceField) -> Parse:
    """A row of a short list that no resource shows, by what it is called. Read once."""
    known: dict[str, list[Any]] = {}
    rows: Any = form_field.queryset

    def parse(text: str, style: Style) -> Any:
        if not known:
            for row in rows.all()[:5000]:
                known.setdefault(fold(str(row)), []).append(row.pk)
        return _only(known.get(fold(text), []), text)

    return parse


def person(form_field: forms.ModelChoiceField) -> Parse:
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
        raise ValidationError(_("« %s » n’est personne, ou rien, que vous puissiez choisir ici.") % text[:60], UNKNOWN)
    if len(found) > 1:
        raise ValidationError(_("« %s » en désigne plusieurs : donnez l’adresse e-mail.") % text[:60])
    return found[0]


def full_name(first: Parse, last: Parse) -> Parse:
    """Both names of a person told as one: (first, last)."""

    def parse(text: str, style: Style) -> tuple[Any, Any]:
        names = split_name(text)
        return first(names[0], style) if names[0] else "", last(names[1], style)

    return parse


def parse_tags(text: str, style: Style) -> list[str]:
    """Words parted by commas, semicolons or bars."""
    for mark in ";|\n":
        text = text.replace(mark, ",")
    return list(dict.fromkeys(clean_tag_name(part) for part in text.split(",") if part.strip()))


def parse_id(text: str, style: Style) -> int:
    digits = text.strip().lstrip("#")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise ValidationError(_("« %s » n’est pas un numéro de fiche.") % text[:40])
    return int(digits)
