"""What may be done to custom fields. Each is atomic, and recorded by the history of core.customfield."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.db.transaction import atomic
from django.utils import timezone
from django.utils.translation import gettext as _

from core.custom.definitions import changed
from core.custom.indexes import follow
from core.models.custom import CustomField

if TYPE_CHECKING:
    from core.accounts.models import User
    from core.resource import Resource

MAX_FIELDS = 100  # live ones, of one resource
FIXED = ("resource", "kind")  # with whether it is reserved at all: written in the key of the values


@atomic
def add_field(resource: type[Resource], *, by: User | None, **values: Any) -> CustomField:
    """A new field, after the others. Raises ValidationError, in people's words; IntegrityError for a label taken."""
    others = CustomField.objects.filter(resource=resource.key(), erased_at=None)
    if others.filter(archived_at=None).count() >= MAX_FIELDS:
        raise ValidationError(_("%d champs au plus par sorte de fiche : archivez-en d’abord.") % MAX_FIELDS)
    last = others.aggregate(last=Max("position"))["last"] or 0
    field = CustomField(resource=resource.key(), position=last + 1, **values)
    field.save()
    _told(field)
    return field


@atomic
def change_field(field: CustomField, *, by: User | None, **values: Any) -> CustomField:
    """Other words, options or flags. Raises ValidationError for what never changes."""
    if any(name in values and values[name] != getattr(field, name) for name in FIXED):
        raise ValidationError(_("La nature d’un champ ne change pas : créez-en un autre."))
    if "reserved_for" in values and bool(values["reserved_for"]) != bool(field.reserved_for):
        raise ValidationError(_("Un champ naît réservé, ou ne l’est jamais : créez-en un autre."))
    for name, value in values.items():
        setattr(field, name, value)
    field.save()
    _told(field)
    return field


@atomic
def archive_field(field: CustomField, *, by: User | None) -> None:
    """Out of every screen; the values stay, and come back with it."""
    field.archived_at = timezone.now()
    field.save(update_fields=["archived_at", "updated_at"])
    _told(field)


@atomic
def restore_field(field: CustomField, *, by: User | None) -> None:
    if field.erased_at is not None:
        raise ValidationError(_("Ce champ est supprimé : ses valeurs ne sont plus là."))
    field.archived_at = None
    field.save(update_fields=["archived_at", "updated_at"])
    _told(field)


@atomic
def order_fields(resource: type[Resource], pks: Sequence[int], *, by: User | None) -> None:
    """These first, in this order; the others after, as they were."""
    found = {field.pk: field for field in CustomField.objects.filter(resource=resource.key()).select_for_update()}
    wanted = [pk for pk in dict.fromkeys(pks) if pk in found]
    rest = [pk for pk in found if pk not in wanted]
    for place, pk in enumerate([*wanted, *rest], 1):
        if found[pk].position != place:
            found[pk].position = place
            found[pk].save(update_fields=["position", "updated_at"])
    changed()


def _told(field: CustomField) -> None:
    changed()
    follow(apps.get_model(field.resource))
