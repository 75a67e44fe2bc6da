"""Two people on one row: what a form was opened on, what the row holds now, and what was typed.

A form carries a signed snapshot of the values that it showed. On saving, the row is locked and compared with it, value
by value: changes by bulk statements and raw SQL are seen too, and a change outside the form disturbs nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.core import signing
from django.db import models
from django.forms.models import model_to_dict
from django.http import QueryDict

from core.custom.column import is_key
from core.custom.definitions import field_of
from core.fields import LookupWidget

_SALT = "core.locking"
FIELD = "_base"  # the hidden input that carries the snapshot
_UNREAD = object()


@dataclass
class Opened:
    """What a form was opened on, by field; `former` holds the older values of the fields that a choice is asked for."""

    values: Mapping[str, Any]
    former: Mapping[str, Any] = field(default_factory=dict)
    readable: bool = True

    def value(self, name: str) -> Any:
        return self.values.get(name, _UNREAD)


@dataclass
class Meeting:
    """What became of the row since: names of fields."""

    mine: set[str]  # changed in the form
    theirs: set[str]  # changed on the row
    clashes: set[str]  # changed by both, differently
    neighbours: set[str]  # changed by them only, in a group of fields where the form changes another

    @property
    def kept(self) -> set[str]:
        """Changed by them only: their values stay."""
        return self.theirs - self.mine


def simple(value: Any) -> Any:
    """A value as it is compared and signed: "" for nothing, keys for rows, one kind of line ending."""
    if value is None or value == "":
        return ""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, bool | int):
        return value
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, list | tuple | set | models.QuerySet):
        return sorted(str(simple(item)) for item in value)
    if isinstance(value, dict):
        return {str(key): simple(item) for key, item in value.items()}
    return str(value).replace("\r\n", "\n").strip()


def snapshot(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """The values of a row's fields. Files are left out: a form never shows their content."""
    files = {f.name for f in row._meta.concrete_fields if isinstance(f, models.FileField)}
    wanted = [name for name in names if name not in files]
    return {name: simple(value) for name, value in _values(row, wanted).items()} if wanted else {}


def _values(row: models.Model, names: list[str]) -> dict[str, Any]:
    """As forms take them, custom fields among them."""
    custom = [name for name in names if is_key(name)]
    return {**model_to_dict(row, fields=names), **{name: field_of(type(row), name).of_row(row) for name in custom}}


def seal(row: models.Model, values: Mapping[str, Any], former: Mapping[str, Any] | None = None) -> str:
    """The text that the form carries."""
    content = {"pk": row.pk, "values": dict(values), "former": dict(former or {})}
    return signing.dumps(content, salt=f"{_SALT}.{row._meta.label_lower}", compress=True)


def opened(model: type[models.Model], pk: Any, token: str | None) -> Opened | None:
    """What a posted snapshot says. None without one (a caller that only knows values: nothing is compared).

    One that cannot be read (the key changed, the text was cut) compares unequal with everything: a choice is asked.
    """
    if not token:
        return None
    try:
        content = signing.loads(token, salt=f"{_SALT}.{model._meta.label_lower}")
        if content["pk"] != pk:
            raise signing.BadSignature
        return Opened(content["values"], content["former"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return Opened({}, readable=False)


def lock(model: type[models.Model], pk: Any) -> None:
    """Hold the row until the transaction ends; whoever else saves it waits."""
    list(model._base_manager.select_for_update().filter(pk=pk).values_list("pk"))


def meet(form: Any, base: Opened, now: Mapping[str, Any]) -> Meeting:
    """Compare a valid form, what it was opened on, and the row's present values."""
    typed = {name: simple(form.cleaned_data.get(name)) for name in form.fields if name in now}
    theirs = {name for name in typed if base.value(name) != now[name] and (base.readable or typed[name] != now[name])}
    mine = {name for name in typed if base.value(name) != typed[name]}
    changed = {name for name in mine if typed[name] != now[name]}
    # Custom fields are neighbours of nothing: what a client put side by side is not one thing.
    groups = [set(names) for _legend, names in form.fieldsets] or [{name for name in form.fields if not is_key(name)}]
    near = set().union(*[group for group in groups if group & changed])
    return Meeting(mine, theirs, clashes=theirs & changed, neighbours=(theirs - mine) & near)


def put(data: QueryDict, form: Any, name: str, row: models.Model) -> None:
    """Write a row's value of a field into posted data, as its widget would have posted it."""
    bound = form[name]
    if isinstance(bound.field.widget, LookupWidget):
        chosen = getattr(row, name)
        data[bound.html_name] = str(chosen.pk) if chosen else ""
        data[f"{bound.html_name}_text"] = str(chosen or "")
    else:
        put_value(data, form, name, _values(row, [name])[name])


def put_value(data: QueryDict, form: Any, name: str, value: Any) -> None:
    """Write a value, of the kind that `model_to_dict` gives, as the field's widget would have posted it."""
    bound = form[name]
    widget, html_name = bound.field.widget, bound.html_name
    if isinstance(widget, LookupWidget):
        data[html_name] = "" if value is None else str(value)  # without the text: by key alone
    elif isinstance(widget, forms.CheckboxInput):
        data.pop(html_name, None)
        if value:
            data[html_name] = "on"
    elif isinstance(widget, forms.MultiWidget):
        parts = widget.decompress(value) or [None] * len(widget.widgets)
        for rank, (part, single) in enumerate(zip(parts, widget.widgets, strict=True)):
            data[f"{html_name}_{rank}"] = str(single.format_value(part) or "")
    elif isinstance(widget, forms.SelectMultiple | forms.CheckboxSelectMultiple):
        data.setlist(html_name, [str(getattr(item, "pk", item)) for item in value or ()])
    else:
        shown = widget.format_value(bound.field.prepare_value(value))
        data[html_name] = str((shown or [""])[0] if isinstance(shown, list) else "" if shown is None else shown)
