"""What may be done to many rows at once: each gesture with its form and its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.accounts.access import Level
from core.accounts.models import User
from core.actions.tags import clean_tag_name
from core.exporting.recording import may_extract
from core.forms import ResourceForm
from core.resource import Resource

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_TAGS = 10


@dataclass(frozen=True)
class Gesture:
    name: str
    icon: str
    label: StrOrPromise
    title: StrOrPromise


EDIT = Gesture("edit", "pencil", _("Modifier"), _("Modifier la sélection"))
ASSIGN = Gesture("assign", "user-plus", _("Assigner"), _("Assigner la sélection"))
TAG = Gesture("tag", "tag", _("Étiqueter"), _("Étiqueter la sélection"))
EXPORT = Gesture("export", "download", _("Exporter"), _("Exporter"))
DELETE = Gesture("delete", "trash-2", _("Supprimer"), _("Supprimer la sélection"))


def gestures(resource: type[Resource]) -> dict[str, Gesture]:
    """What this list offers: editing when it has a `bulk_form`, assigning when a row has an owner."""
    found = [EDIT] if resource.bulk_form else []
    found += [ASSIGN] if resource.owner() == "owner" else []
    return {gesture.name: gesture for gesture in (*found, TAG, EXPORT, DELETE)}


def allowed(gesture: Gesture, resource: type[Resource], user: User) -> bool:
    """Whether a person may make it: whoever reads a list may export it, unless it demands a named right."""
    return may_extract(resource, user) if gesture is EXPORT else resource.may(user, Level.WRITE)


class TagForm(forms.Form):
    tags = forms.CharField(
        label=_("Étiquettes"), max_length=400, help_text=_("Plusieurs étiquettes se séparent par des virgules.")
    )
    take_off = forms.BooleanField(label=_("Retirer ces étiquettes au lieu de les poser"), required=False)

    def clean_tags(self) -> list[str]:
        names = [clean_tag_name(part) for part in self.cleaned_data["tags"].split(",") if part.strip()]
        if not 0 < len(names) <= MAX_TAGS:
            raise ValidationError(_("Donnez de une à %d étiquettes.") % MAX_TAGS)
        return names


def form_of(gesture: Gesture, resource: type[Resource], user: User, data: Mapping | None, ticked: list[str]) -> Any:
    """The form of a gesture, None when it needs none. Of an edit, only the ticked fields are read."""
    if gesture is TAG:
        return TagForm(data)
    if gesture is DELETE:
        return None
    base: Any = resource.bulk_form if gesture is EDIT else _owner_form(resource)
    form = base(data, user=user, custom=gesture is EDIT)
    for name in [name for name in form.fields if name in resource.hidden_from(user)]:
        del form.fields[name]
    for name, field in form.fields.items():
        if isinstance(field, forms.BooleanField):  # beside the box that says "change this", a second box confuses
            form.fields[name] = _yes_or_no(field)
    if gesture is EDIT and data is not None:
        for name in [name for name in form.fields if name not in ticked]:
            form.fields[name].disabled = True  # shown again with the errors of the others; its value is not read
            form.fields[name].required = False
    return form


def _yes_or_no(field: forms.BooleanField) -> forms.TypedChoiceField:
    choices = [("1", _("Oui")), ("0", _("Non"))]
    return forms.TypedChoiceField(label=field.label, choices=choices, coerce=lambda value: value == "1")


def enabled(form: Any) -> list[str]:
    """The fields of a form that are really read."""
    return [name for name, field in form.fields.items() if not field.disabled]


def values_of(form: Any) -> dict[str, Any]:
    """{field: value} of what a valid form really gives."""
    return {name: form.cleaned_data[name] for name in enabled(form)}


def _owner_form(resource: type[Resource]) -> type[ResourceForm]:
    return forms.modelform_factory(resource.model, form=ResourceForm, fields=["owner"])  # type: ignore[return-value]
