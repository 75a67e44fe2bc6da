"""Form fields that the modules share."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db.models import Model, QuerySet
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from core.registry import resource_of
from core.search import matches
from core.text import clean


class LookupWidget(forms.Widget):
    """A hidden key `<name>` and the text `<name>_text` that people type. Without JavaScript the text is enough."""

    template_name = "core/_lookup.html"

    def __init__(self, model: type[Model]) -> None:
        super().__init__()
        self.model = model
        self.may_create = False  # set by the form: whether the person may create a row there

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        pk, text = value if isinstance(value, tuple) else (getattr(value, "pk", ""), str(value) if value else "")
        resource = resource_of(self.model)
        context["widget"].update(
            pk=pk or "", text=text or "", url=resource.url("lookup"), hint=resource.look.search_hint
        )
        if self.may_create:
            context["widget"].update(create_url=resource.url("quick"), create_label=resource.label.lower())
        return context

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> tuple[str, str | None]:
        return data.get(name, ""), data.get(f"{name}_text")

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data and f"{name}_text" not in data


class LookupField(forms.Field):
    """One row of another resource, found by typing. Gives the row, or None.

    Chosen by key while the text is untouched, else by what the text finds: exactly one row, or an error that says so.
    The row that is already there stays choosable, also when it is not among the person's: saving must not lose it.
    """

    default_error_messages = {
        "none": _("Rien ne correspond à « %(text)s » : vérifiez l’orthographe, ou créez la fiche d’abord."),
        "many": _("« %(text)s » correspond à plusieurs fiches (%(titles)s…) : précisez."),
    }

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        self.model = model
        self.queryset: QuerySet = model._default_manager.none()  # narrowed by the form to the person's rows
        self.kept: Callable[[], Model | None] = _nothing  # the row that the form's instance already names
        super().__init__(widget=LookupWidget(model), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """A form's initial value is a key or a row; what was typed comes back as it was."""
        if isinstance(value, tuple) or value is None or isinstance(value, Model):
            return value
        return self._chosen(str(value))

    def to_python(self, value: Any) -> Model | None:
        if value is None or isinstance(value, Model):
            return value
        pk, text = value
        chosen = self._chosen(pk)
        if text is None:  # a caller that only knows keys
            if pk and chosen is None:
                raise ValidationError(self.error_messages["none"], code="none", params={"text": pk})
            return chosen
        text = clean(text).strip()
        if not text:
            return None
        return chosen if chosen is not None and str(chosen) == text else self._find(text)

    def _chosen(self, pk: str) -> Model | None:
        if not pk.isdecimal() or len(pk) > 18:
            return None
        kept = self.kept()
        return kept if kept is not None and kept.pk == int(pk) else self.queryset.filter(pk=int(pk)).first()

    def _find(self, text: str) -> Model:
        found = list(resource_of(self.model).first_order().apply(self.queryset.filter(matches(text)))[:4])
        exact = [row for row in found if str(row).casefold() == text.casefold()]
        if len(exact) == 1 or len(found) == 1:
            return (exact or found)[0]
        titles = ", ".join(str(row) for row in found[:3])
        code = "many" if found else "none"
        message = self.error_messages[code] % {"text": text, "titles": titles}
        raise ValidationError(message if found else self._with_link(message, text), code=code)

    def _with_link(self, message: str, text: str) -> str:
        """The message, and where to create the row: in another tab, so that nothing typed here is lost."""
        if not self.widget.may_create:
            return message
        resource = resource_of(self.model)
        query = urlencode({resource.first_order().field.name: text[:200]})
        words = _("Créer « %(text)s » dans un nouvel onglet") % {"text": Truncator(text).chars(40)}
        link = format_html('<a class="link" href="{}?{}" target="_blank">{}</a>', resource.create_url, query, words)
        return format_html("{} {}", message, link)

    def has_changed(self, initial: Any, data: Any) -> bool:
        pk, text = data or ("", None)
        if text is not None and not text.strip():
            pk = ""
        return str(getattr(initial, "pk", initial) or "") != str(pk)


def _nothing() -> None:
    return None


_SEPARATORS = dict.fromkeys(map(ord, " .-\u00a0\u202f\t"))


class CompactField(forms.CharField):
    """A number that people write with spaces, dots or dashes; kept without, letters upper case.

    Its length is judged without them, so that a number can be pasted as it is shown.
    """

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_length = max_length
        self.widget.attrs["maxlength"] = 2 * max_length

    def to_python(self, value: Any) -> str:
        text = self.compacted(super().to_python(value) or "")
        MaxLengthValidator(self.max_length)(text)  # alone: what is too long is not told to be wrong as well
        return text

    def compacted(self, text: str) -> str:
        return text.translate(_SEPARATORS).upper()
