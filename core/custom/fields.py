"""The eight kinds of custom fields, each as a field of Django that lies in no column of its own.

Everything that asks a field for its label, its type, its form field or its words takes these too. A value is Python's
(`Decimal`, `date`, `["o1"]`); `to_json` and `from_json` lead to what the column `custom` holds and back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, ProhibitNullCharactersValidator
from django.db import models
from django.utils.dateparse import parse_date
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.custom.column import NAME

if TYPE_CHECKING:
    from core.models.custom import CustomField

MAX_TEXT = 500
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
NARROW = "\u202f"


class Virtual(models.Field):
    """What the kinds have in common. `definition` is the row that a person made; `column` is the history's name."""

    definition: CustomField
    sorts = True
    sorts_blanks = True  # whether rows without a value come last; else they have a place among the others

    @classmethod
    def of(cls, definition: CustomField, model: type[models.Model]) -> Virtual:
        found = cls(verbose_name=definition.label, help_text=definition.help, **cls.options(definition))
        found.definition = definition
        found.set_attributes_from_name(definition.key)
        found.model, found.null, found.blank = model, True, not definition.required
        return found

    @classmethod
    def options(cls, definition: CustomField) -> dict[str, Any]:
        return {}

    # --- values -----------------------------------------------------------------------------------------------------
    def from_json(self, value: Any) -> Any:
        """What a row says, from what its column holds (or the history's JSON); None for nothing."""
        return value

    def to_json(self, value: Any) -> Any:
        """What the column holds of a clean value; None for nothing: then the key goes."""
        return None if value in (None, "", [], ()) else value

    def of_row(self, row: models.Model) -> Any:
        return self.from_json(getattr(row, NAME).get(self.name))

    def put(self, row: models.Model, value: Any) -> None:
        """Give a row a clean value; saving is the caller's."""
        setattr(row, NAME, merged(getattr(row, NAME), {self.name: self.to_json(value)}))

    # --- words ------------------------------------------------------------------------------------------------------
    def text(self, value: Any) -> str:
        """A value, Python's or JSON's, in words; "" for nothing."""
        return "" if value is None else str(value)

    def html(self, value: Any) -> SafeString | str:
        return self.text(value)

    def writer(self) -> Callable[[models.Model], SafeString | str]:
        """What writes the cells of a list: the column is read without going through the row's attributes."""
        name, html = self.name, self.html
        return lambda row: html(getattr(row, NAME).get(name))

    @property
    def css(self) -> str:
        return ""

    # --- order ------------------------------------------------------------------------------------------------------
    sort_template = "(%(expressions)s ->> '{name}')"
    sort_type: type[models.Field] = models.TextField

    def sort_sql(self, column: str) -> str:
        """What rows are sorted by: the index (core.custom.indexes) and the queries say the same."""
        return self._sort_template().replace("%(expressions)s", column)

    def sort_key(self) -> models.Func:
        return models.Func(models.F(NAME), template=self._sort_template(), output_field=self.sort_type())

    def _sort_template(self) -> str:
        return self.sort_template.replace("{name}", self.name)

    def sort_parse(self, key: Any) -> Any:
        """A cursor's key. Raises ValueError."""
        return str(key)

    # --- forms ------------------------------------------------------------------------------------------------------
    def form_class(self, **kwargs: Any) -> forms.Field:
        raise NotImplementedError

    def formfield(self, **kwargs: Any) -> Any:
        given: dict[str, Any] = {
            "label": self.verbose_name,
            "help_text": escape(self.help_text),
            "required": self.definition.required,
        }
        return self.form_class(**{**given, **kwargs})


def merged(custom: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The column's content with these values; None takes a key away."""
    return {key: value for key, value in {**custom, **changes}.items() if value is not None}


# Folded, cut to what an index takes, and in bytes: so that « commence par » is served by the same index.
_FOLDED = "(left(public.b2o_fold(%(expressions)s ->> '{name}'), 200) COLLATE \"C\")"


class TextField(Virtual, models.CharField):
    sort_template = _FOLDED

    @classmethod
    def options(cls, definition: CustomField) -> dict[str, Any]:
        return {"max_length": MAX_TEXT}

    def form_class(self, **kwargs: Any) -> forms.Field:
        return forms.CharField(max_length=MAX_TEXT, **kwargs)


class NumberField(Virtual, models.DecimalField):
    decimals, digits = 6, 15  # fifteen digits pass through any reader of JSON unharmed
    sort_template = "((%(expressions)s ->> '{name}')::numeric)"
    sort_type = models.DecimalField

    def sort_parse(self, key: Any) -> Any:
        try:
            return Decimal(str(key))
        except InvalidOperation as error:
            raise ValueError(key) from error

    @classmethod
    def options(cls, definition: CustomField) -> dict[str, Any]:
        return {"max_digits": cls.digits, "decimal_places": cls.decimals}

    def from_json(self, value: Any) -> Any:
        return None if value is None else Decimal(str(value))

    def to_json(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        number = Decimal(value).normalize()
        return number.quantize(Decimal(1)) if number == number.to_integral_value() else number

    def text(self, value: Any) -> str:
        if value is None:
            return ""
        from core.display import number

        unit = self.definition.unit
        shown = number(self.to_json(Decimal(str(value))))
        return f"{shown}{NARROW}{unit}" if unit else shown

    @property
    def css(self) -> str:
        return "num"

    def form_class(self, **kwargs: Any) -> forms.Field:
        unit = self.definition.unit
        if unit:
            kwargs["label"] = f"{kwargs['label']} ({unit})"
        return forms.DecimalField(max_digits=self.digits, decimal_places=self.decimals, **kwargs)


class MoneyField(NumberField):
    decimals, digits = 2, 14

    def text(self, value: Any) -> str:
        if value is None:
            return ""
        from core.templatetags.french import eur

        return eur(value)

    def form_class(self, **kwargs: Any) -> forms.Field:
        kwargs["label"] = f"{kwargs['label']} (€)"
        return forms.DecimalField(max_digits=self.digits, decimal_places=self.decimals, **kwargs)


class DateField(Virtual, models.DateField):
    sort_template = "((%(expressions)s ->> '{name}') COLLATE \"C\")"  # ISO: the text's order is the days'

    def from_json(self, value: Any) -> Any:
        return parse_date(value) if isinstance(value, str) else value

    def to_json(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, dt.date) else (value or None)

    def text(self, value: Any) -> str:
        from core.display import long_day

        day = self.from_json(value)
        return long_day(day) if day else ""

    def html(self, value: Any) -> SafeString | str:
        day = self.from_json(value)
        if not day:
            return ""
        from core.display import short_date

        return short_date(day)

    @property
    def css(self) -> str:
        return "date"

    def form_class(self, **kwargs: Any) -> forms.Field:
        return forms.DateField(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            validators=[
                MinValueValidator(FIRST_DAY, gettext_lazy("Une date d’avant 1900 : vérifiez l’année.")),
                MaxValueValidator(LAST_DAY, gettext_lazy("Une date d’après 2199 : vérifiez l’année.")),
            ],
            **kwargs,
        )


class ChoiceField(Virtual, models.CharField):
    sort_type = models.IntegerField

    def _sort_template(self) -> str:
        """By the order of the options."""
        options = ",".join(option["id"] for option in self.definition.options)
        return f"array_position('{{{options}}}'::text[], %(expressions)s ->> '{self.name}')"

    def sort_parse(self, key: Any) -> Any:
        return int(str(key))

    @classmethod
    def options(cls, definition: CustomField) -> dict[str, Any]:
        return {"max_length": 12, "choices": definition.choices}

    def text(self, value: Any) -> str:
        return "" if value is None else self.definition.option_label(value)

    def html(self, value: Any) -> SafeString | str:
        return "" if value is None else self.definition.option_html(value)

    def form_class(self, **kwargs: Any) -> forms.Field:
        return OptionField(definition=self.definition, **kwargs)


class MultiChoiceField(Virtual):
    sorts = False

    @classmethod
    def options(cls, definition: CustomField) -> dict[str, Any]:
        return {"choices": definition.choices}

    def from_json(self, value: Any) -> list[str]:
        return list(value or ())

    def to_json(self, value: Any) -> Any:
        """In the order of the options: the same choice is the same value."""
        known = [option["id"] for option in self.definition.options]
        chosen = set(value or ())
        return [option for option in known if option in chosen] or None

    def text(self, value: Any) -> str:
        return ", ".join(self.definition.option_label(option) for option in value or ())

    def html(self, value: Any) -> SafeString | str:
        return SafeString(" ".join(self.definition.option_html(option) for option in value or ()))

    @property
    def css(self) -> str:
        return "tags"

    def form_class(self, **kwargs: Any) -> forms.Field:
        return OptionsField(definition=self.definition, **kwargs)


class LinkField(Virtual, models.URLField):
    sort_template = _FOLDED

    @classmethod
    def options(cls, definition: CustomField) -> dict[str, Any]:
        return {"max_length": MAX_TEXT}

    def html(self, value: Any) -> SafeString | str:
        if not value:
            return ""
        if urlsplit(value).scheme not in ("http", "https"):  # written by SQL, or restored from elsewhere
            return str(value)
        shown = value.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
        return SafeString(f'<a class="link" href="{escape(value)}" rel="noreferrer">{escape(shown)}</a>')

    def form_class(self, **kwargs: Any) -> forms.Field:
        return forms.URLField(max_length=MAX_TEXT, assume_scheme="https", **kwargs)


class CheckboxField(Virtual, models.BooleanField):
    """Ticked or not: a row without the key says no."""

    sorts_blanks = False
    sort_template = "(coalesce((%(expressions)s ->> '{name}')::boolean, false)::integer)"
    sort_type = models.IntegerField

    def sort_parse(self, key: Any) -> Any:
        return int(str(key))

    def from_json(self, value: Any) -> bool:
        return bool(value)

    def to_json(self, value: Any) -> Any:
        return True if value else None

    def text(self, value: Any) -> str:
        return _("Oui") if value else _("Non")

    def form_class(self, **kwargs: Any) -> forms.Field:
        return forms.BooleanField(**{**kwargs, "required": False})


class OptionField(forms.ChoiceField):
    """One of the options; one that is archived stays where it is chosen, and is offered nowhere else."""

    default_error_messages = {"invalid_choice": gettext_lazy("« %(value)s » n’est pas une option de ce champ.")}

    def __init__(self, *, definition: CustomField, **kwargs: Any) -> None:
        self.definition = definition
        super().__init__(choices=[("", "—"), *definition.live_choices], **kwargs)

    def keep(self, value: Any) -> None:
        """Let a row keep the option that it has."""
        _keep(self, [value] if value else [])

    def to_python(self, value: Any) -> Any:
        return super().to_python(value) or None


class OptionsField(forms.MultipleChoiceField):
    widget = forms.CheckboxSelectMultiple
    default_error_messages = {"invalid_choice": gettext_lazy("« %(value)s » n’est pas une option de ce champ.")}

    def __init__(self, *, definition: CustomField, **kwargs: Any) -> None:
        self.definition = definition
        super().__init__(choices=definition.live_choices, **kwargs)

    def keep(self, value: Any) -> None:
        _keep(self, value or [])


def _keep(field: Any, values: Sequence[str]) -> None:
    offered = {value for value, _label in field.choices}
    extra = [(value, field.definition.option_label(value)) for value in values if value not in offered]
    if extra:
        field.choices = [*field.choices, *extra]


KINDS: dict[str, type[Virtual]] = {
    "text": TextField,
    "number": NumberField,
    "money": MoneyField,
    "date": DateField,
    "choice": ChoiceField,
    "choices": MultiChoiceField,
    "link": LinkField,
    "checkbox": CheckboxField,
}


def python_value(field: Virtual, given: Any) -> Any:
    """A value from outside (an import, the API) judged as the form would. Raises ValidationError, in French."""
    form_field = field.formfield()
    validators = [ProhibitNullCharactersValidator()] if isinstance(given, str) else []
    for validator in validators:
        validator(given)
    try:
        return form_field.clean(given)
    except (InvalidOperation, OverflowError) as error:
        raise ValidationError(_("Cette valeur ne peut pas être lue.")) from error
