"""The base of every resource's form."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db import IntegrityError, models
from django.db.models.fields import BLANK_CHOICE_DASH
from django.utils.translation import gettext as _

from core.accounts.access import Level, Scope
from core.accounts.models import User
from core.custom.column import NAME
from core.custom.definitions import fields_of
from core.custom.fields import Virtual, merged
from core.fields import LookupField
from core.registry import registry, resource_of
from core.text import clean

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


_DASHES = BLANK_CHOICE_DASH[0][1]


class CleanInput:
    """Of a form: PostgreSQL refuses NUL and no encoding carries a lone surrogate; taken out before any check."""

    data: Any

    def _clean_fields(self) -> None:
        self.data = _cleaned(self.data)
        super()._clean_fields()  # type: ignore[misc]


class ResourceForm(CleanInput, forms.ModelForm):
    """A ModelForm without what the person may not see: choices narrowed to their rows, sensitive fields dropped.

    The client's custom fields come after those of the class, unless `custom` is False.
    Laid out in `fieldsets`: (legend, field names).
    """

    fieldsets: "ClassVar[Sequence[tuple[StrOrPromise, Sequence[str]]]]" = ()

    def __init__(self, *args: Any, user: User, custom: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.resource = registry.of(self._meta.model)
        self.customs: dict[str, Virtual] = {}
        if custom and self.resource:
            self._add_customs()
        for name in self.resource.hidden_from(user) if self.resource else ():
            self.fields.pop(name, None)
        for name, field in self.fields.items():
            _say_none(field)
            if isinstance(field, LookupField):
                target = resource_of(field.model)
                field.queryset = target.rows(user)
                field.widget.may_create = target.may(user, Level.WRITE)
                field.kept = partial(getattr, self.instance, name, None)
            elif getattr(getattr(field, "queryset", None), "model", None) is User:
                field.queryset = self._assignable(name)  # type: ignore[attr-defined]
        owner = self.resource.owner() if self.resource else ""
        if self.instance._state.adding and owner in self.fields:
            self.initial.setdefault(owner, user.pk)

    def _add_customs(self) -> None:
        for field in fields_of(self._meta.model):
            self.customs[field.name] = field
            asked = self.fields[field.name] = field.formfield()
            if self.instance._state.adding:
                continue
            value = field.of_row(self.instance)
            self.initial.setdefault(field.name, value)
            if hasattr(asked, "keep"):
                asked.keep(value)

    def _post_clean(self) -> None:
        # Before the instance is judged: what a custom field was given is the row's from here on, as for any field.
        given = {name: self.cleaned_data[name] for name in self.customs if name in self.cleaned_data}
        if given:
            changes = {name: self.customs[name].to_json(value) for name, value in given.items()}
            setattr(self.instance, NAME, merged(getattr(self.instance, NAME), changes))
        super()._post_clean()  # type: ignore[misc]

    @classmethod
    def laid_out(cls, model: type[models.Model]) -> list[tuple[str, list[str]]]:
        """[(legend, field names)]: the groups of the class, then those of the client's own fields."""
        own = [(str(legend), list(names)) for legend, names in cls.fieldsets] or [("", list(cls.base_fields))]
        for field in fields_of(model):
            legend = field.definition.group or _("Champs propres")
            place = next((names for known, names in own if known == legend), None)
            if place is None:
                own.append((legend, [field.name]))
            else:
                place.append(field.name)
        return own

    def groups(self) -> Iterator[dict[str, Any]]:
        """[{legend, fields: [bound field]}] for the template."""
        for legend, names in self.laid_out(self._meta.model):
            shown = [self[name] for name in names if name in self.fields]
            if shown:
                yield {"legend": legend, "fields": shown}

    def keep_only(self, names: Collection[str]) -> None:
        """Leave the fields of a caller that may write no others. As in `keep_required`, `clean` does with those."""
        for name in [known for known in self.fields if known not in names]:
            del self.fields[name]

    def keep_required(self) -> None:
        """Leave only what the row cannot do without: the small form that a combobox opens.

        A form's `clean` must do with the fields that are there (`data.get`).
        """
        for name, field in list(self.fields.items()):
            if not field.required:
                del self.fields[name]
            elif isinstance(field, LookupField):
                field.widget.may_create = False
        owner = self.resource.owner() if self.resource else ""
        if owner and owner not in self.fields and owner in self.initial and "__" not in owner:
            setattr(self.instance, owner, self.user)  # within their reach, as the whole form proposes

    def add_given_away_error(self) -> None:
        """Say that the row, so saved, would leave the person's reach; beside the field that decides, if shown."""
        name = self.resource.owner().partition("__")[0] if self.resource else ""
        self.add_error(
            name if name in self.fields else None,
            _(
                "Enregistrée ainsi, la fiche ne serait plus parmi celles que vous pouvez modifier : gardez-la à vous "
                "ou à votre équipe, ou demandez à une personne qui voit toutes les fiches."
            ),
        )

    @property
    def _scope(self) -> Scope:
        return self.resource.scope(self.user, Level.WRITE) if self.resource else Scope.ALL

    def _assignable(self, name: str) -> models.QuerySet:
        """The active people within reach, and whoever the row already names."""
        people = self.user.colleagues(self._scope)
        current = getattr(self.instance, f"{name}_id", None)
        return people | User.objects.filter(pk=current) if current else people

    def add_integrity_error(self, error: IntegrityError) -> None:
        """Say what the database refused, in the words of the constraint (two people saved the same thing at once)."""
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        for constraint in self._meta.model._meta.constraints:
            if constraint.name == name:
                self.add_error(None, str(constraint.violation_error_message))
                return
        self.add_error(
            None, _("Ces valeurs se contredisent ou existent déjà : vérifiez-les puis enregistrez de nouveau.")
        )


def _say_none(field: forms.Field) -> None:
    """« Personne » or « — » where Django draws a line for an empty choice."""
    if isinstance(field, forms.ModelChoiceField):
        if field.empty_label == _DASHES:
            people = getattr(field.queryset, "model", None) is User
            field.empty_label = _("Personne") if people and not field.required else "—"
    elif isinstance(field, forms.ChoiceField):
        offered: Any = field.choices
        if ("", _DASHES) in list(offered):
            field.choices = [(value, "—" if value == "" else label) for value, label in offered]


def _cleaned(data: Any) -> Any:
    if not hasattr(data, "lists"):
        return {name: clean(value) if isinstance(value, str) else value for name, value in data.items()}
    out = data.copy()
    for name, values in out.lists():
        out.setlist(name, [clean(value) if isinstance(value, str) else value for value in values])
    return out
