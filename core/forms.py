"""The base of every resource's form."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db import IntegrityError, models
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.fields import LookupField
from core.registry import resource_of
from core.text import clean

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ResourceForm(forms.ModelForm):
    """A ModelForm whose choices are narrowed to the person's rows, laid out in `fieldsets`: (legend, field names)."""

    fieldsets: "ClassVar[Sequence[tuple[StrOrPromise, Sequence[str]]]]" = ()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        for field in self.fields.values():
            if isinstance(field, LookupField):
                field.queryset = resource_of(field.model).rows(user)
            elif getattr(getattr(field, "queryset", None), "model", None) is User:
                field.queryset = _assignable(self.instance)  # type: ignore[attr-defined]

    def _clean_fields(self) -> None:
        # PostgreSQL refuses NUL and no encoding carries a lone surrogate: taken out before any check.
        self.data = _cleaned(self.data)
        super()._clean_fields()  # type: ignore[misc]

    def groups(self) -> Iterator[dict[str, Any]]:
        """[{legend, fields: [bound field]}] for the template."""
        for legend, names in self.fieldsets or (("", list(self.fields)),):
            yield {"legend": legend, "fields": [self[name] for name in names]}

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


def _assignable(instance: models.Model) -> models.QuerySet:
    """Active people, and whoever the row already names."""
    known = models.Q(is_active=True)
    owner = getattr(instance, "owner_id", None)
    return User.objects.filter(known | models.Q(pk=owner) if owner else known)


def _cleaned(data: Any) -> Any:
    if not hasattr(data, "lists"):
        return {name: clean(value) if isinstance(value, str) else value for name, value in data.items()}
    out = data.copy()
    for name, values in out.lists():
        out.setlist(name, [clean(value) if isinstance(value, str) else value for value in values])
    return out
