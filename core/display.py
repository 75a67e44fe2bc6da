"""Values as people read them: in cells, facts and history."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.templatetags.french import day
from core.templatetags.ui import avatar

NARROW = "\u202f"
NONE = "—"


def number(value: int | Decimal) -> str:
    """1 234 567,5 with narrow no-break spaces."""
    whole, _dot, decimals = f"{value:,}".partition(".")
    return whole.replace(",", NARROW) + (f",{decimals}" if decimals else "")


def grouped(digits: str, *sizes: int) -> str:
    """Digits in groups, the last size repeated: a SIREN is 3 3 3, a SIRET 3 3 3 5."""
    parts, start = [], 0
    for size in sizes:
        parts.append(digits[start : start + size])
        start += size
    return NARROW.join(part for part in [*parts, digits[start:]] if part)


def moment(value: dt.datetime) -> str:
    """22 nov. 2026 à 09:15, in Paris time."""
    local = timezone.localtime(value)
    return _("%(day)s à %(time)s") % {"day": date_format(local, "j N Y"), "time": date_format(local, "H:i")}


def plain(field: models.Field, value: Any) -> str:
    """A value of a field as text; "" for nothing. Takes what the database or the history's JSON gives."""
    if value is None or value == "":
        return ""
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.BooleanField):
        return _("Oui") if value else _("Non")
    if isinstance(field, models.DateTimeField):
        when = parse_datetime(value) if isinstance(value, str) else value
        return moment(when) if when else str(value)
    if isinstance(field, models.DateField):
        day = parse_date(value) if isinstance(value, str) else value
        return date_format(day, "j N Y") if day else str(value)
    if isinstance(field, models.IntegerField | models.DecimalField) and not isinstance(field, models.AutoField):
        return number(Decimal(str(value)))
    if field.name == "siren":
        return grouped(str(value), 3, 3, 3)
    if field.name == "siret":
        return grouped(str(value), 3, 3, 3, 5)
    return str(value)


def _link(scheme: str) -> Callable[[Any], SafeString]:
    def render(value: Any) -> SafeString:
        return format_html('<a class="link" href="{}{}" rel="noreferrer">{}</a>', scheme, value, value)

    return render


def person(name: str) -> SafeString:
    """A colleague: initials and name."""
    return format_html('<span class="person">{}{}</span>', avatar(name), name)


def cell(field: models.Field, row: models.Model) -> SafeString | str:
    """The value as a cell of a list shows it: like `rich`, with dates shortened."""
    value = getattr(row, field.attname)
    if isinstance(field, models.DateField) and value is not None:
        stamp = value.isoformat()
        return format_html('<time datetime="{}" title="{}">{}</time>', stamp, plain(field, value), day(value))
    return rich(field, row)


def rich(field: models.Field, row: models.Model) -> SafeString | str:
    """The value of a row's field as HTML: links for e-mail, telephone, web and records. "" for nothing."""
    from core.registry import registry

    value = getattr(row, field.name)
    if value is None or value == "":
        return ""
    if isinstance(field, models.ForeignKey):
        resource = registry.of(field.related_model)
        if resource is None:
            return person(str(value)) if isinstance(value, AbstractBaseUser) else str(value)
        return format_html('<a class="link" href="{}">{}</a>', resource.url("record", value.pk), value)
    if isinstance(field, models.EmailField):
        return _link("mailto:")(value)
    if isinstance(field, models.URLField):
        return _link("")(value)
    if field.name in ("phone", "mobile"):
        return format_html('<a class="link" href="tel:{}">{}</a>', str(value).replace(" ", ""), value)
    return plain(field, value)


def css_of(field: models.Field) -> str:
    """The class of a field's column: figures to the right, dates in even digits."""
    if isinstance(field, models.DecimalField | models.IntegerField | models.FloatField):
        return "num"
    return "date" if isinstance(field, models.DateField) else ""
