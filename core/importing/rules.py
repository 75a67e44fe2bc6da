"""What a form asks beyond its fields: `clean_x` and `clean`, run on one form for the whole file.

Building a form costs 0.4 ms, most of it to copy its fields; its own rules cost what they do. What asks the database
about other rows goes to the form's `validate_unique`, which no import calls: core.importing.guard asks it for a
thousand lines at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, Model
from django.forms.utils import ErrorDict
from django.utils.text import capfirst

from core.forms import ResourceForm
from core.importing.importer import Draft

if TYPE_CHECKING:
    from core.accounts.models import User
    from core.resource import Resource

_KEPT = 20_000  # rows that keys lead to, in memory
_NOT_OWN = (forms.BaseForm, forms.BaseModelForm, forms.ModelForm, ResourceForm)


class Rules:
    def __init__(self, resource: type[Resource], user: User) -> None:
        self.model = resource.model
        self.form: Any = resource.form(user=user)
        self.fields = dict(_model_fields(self.model, self.form).items())
        self.steps = [name for name in self.form.fields if hasattr(self.form, f"clean_{name}")]
        self.whole = type(self.form).clean not in {base.clean for base in _NOT_OWN}
        self.models_own = self.model.clean is not Model.clean
        self.asks = bool(self.steps or self.whole or self.models_own)
        self._new = self.model()  # what a rule sees of a row that is not there yet: no key, and defaults
        self._rows: dict[tuple[str, Any], Any] = {}
        self.defaults = {name: field.get_default() for name, field in self.fields.items()}

    def judge(self, draft: Draft, instances: Mapping[str, Model]) -> None:
        """Refuse the draft where the rules do; take the values that they derive."""
        if not self.asks:
            return
        before = self._data(draft, instances)
        form = self.form
        form.instance = draft.row if draft.row is not None else self._new
        form.cleaned_data, form._errors = dict(before), ErrorDict()
        form.data = {}
        for name in self.steps:
            if name in draft.values or draft.row is None:
                self._step(name)
        if self.whole:
            try:
                cleaned = form.clean()
            except ValidationError as error:
                form.add_error(None, error)
            else:
                form.cleaned_data = cleaned if cleaned is not None else form.cleaned_data
        self._take(draft, before)
        if self.models_own and not draft.reasons:
            self._clean_model(draft)

    def _data(self, draft: Draft, instances: Mapping[str, Model]) -> dict[str, Any]:
        """What the form would have read: the file's values over the row's, or over the defaults."""
        data: dict[str, Any] = {}
        for name, field in self.fields.items():
            if name in instances:
                data[name] = instances[name]
            elif name in draft.values:
                value = draft.values[name]
                data[name] = self._named(name, field, value) if isinstance(field, ForeignKey) else value
            elif draft.row is not None and isinstance(field, ForeignKey):
                data[name] = self._named(name, field, getattr(draft.row, field.attname))
            elif draft.row is not None:
                data[name] = getattr(draft.row, name)
            else:
                data[name] = None if isinstance(field, ForeignKey) else self.defaults[name]
        return data

    def _named(self, name: str, field: ForeignKey, pk: Any) -> Any:
        """The row that a key leads to. Asked once for each, as long as they are not too many."""
        if pk is not None and (name, pk) not in self._rows:
            if len(self._rows) > _KEPT:
                self._rows.clear()
            self._rows[name, pk] = field.related_model._base_manager.filter(pk=pk).first()
        return self._rows.get((name, pk))

    def _step(self, name: str) -> None:
        try:
            self.form.cleaned_data[name] = getattr(self.form, f"clean_{name}")()
        except ValidationError as error:
            self.form.add_error(name, error)

    def _take(self, draft: Draft, before: Mapping[str, Any]) -> None:
        for name, errors in self.form._errors.items():
            label = self.form.fields[name].label if name in self.form.fields else ""
            for text in errors:
                draft.refuse(f"{capfirst(str(label))} : {text}" if label else str(text))
        for name, value in self.form.cleaned_data.items():
            if name in before and value is not before[name] and value != before[name]:
                draft.values[name] = value.pk if isinstance(value, Model) else value

    def _clean_model(self, draft: Draft) -> None:
        row = self.model()
        for field in self.model._meta.concrete_fields:
            if not field.generated and draft.row is not None:
                setattr(row, field.attname, getattr(draft.row, field.attname))
        for name, value in draft.values.items():
            setattr(row, self.model._meta.get_field(name).attname, value)  # type: ignore[union-attr]
        try:
            row.clean()
        except ValidationError as error:
            for text in error.messages:
                draft.refuse(text)


def _model_fields(model: type[Model], form: Any) -> dict[str, Any]:
    known = {field.name: field for field in model._meta.concrete_fields}
    return {name: known[name] for name in form.fields if name in known}
