"""Values as people read them: in cells, facts and history."""

import datetime as dt
from collections.abc import Callable, Hashable, Iterable
from decimal import Decimal
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.custom.fields import Virtual
from core.templatetags.french import clock, day
from core.templatetags.ui import avatar

if TYPE_CHECKING:
    from core.resource import Resource

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
    """22 nov. 2026 à 9 h 15, in Paris time."""
    local = timezone.localtime(value)
    return _("%(day)s à %(time)s") % {"day": long_day(local.date()), "time": clock(local)}


def long_day(value: dt.date) -> str:
    """22 nov. 2026."""
    return _long_day(value, get_language())


# A list writes the same few days, labels and names again and again, and Django's ways to write them are slow.
@lru_cache(maxsize=4096)
def _long_day(value: dt.date, language: str | None) -> str:
    return date_format(value, "j N Y")


@lru_cache(maxsize=512)
def _labels(field: models.Field, language: str | None) -> dict[Any, str]:
    return {value: str(label) for value, label in field.flatchoices}


def plain(field: models.Field, value: Any) -> str:
    """A value of a field as text; "" for nothing. Takes what the database or the history's JSON gives."""
    if isinstance(field, Virtual):
        return field.text(value)
    if value is None or value == "":
        return ""
    if field.choices:
        return str(_labels(field, get_language()).get(value, value))
    if isinstance(field, models.BooleanField):
        return _("Oui") if value else _("Non")
    if isinstance(field, models.DateTimeField):
        when = parse_datetime(value) if isinstance(value, str) else value
        return moment(when) if when else str(value)
    if isinstance(field, models.DateField):
        day = parse_date(value) if isinstance(value, str) else value
        return long_day(day) if day else str(value)
    if isinstance(field, models.DecimalField):  # JSON knows no cents that are zero
        return number(round(Decimal(str(value)), field.decimal_places))
    if isinstance(field, models.IntegerField) and not isinstance(field, models.AutoField):
        return number(Decimal(str(value)))
    if field.name == "siren":
        return grouped(str(value), 3, 3, 3)
    if field.name == "siret":
        return grouped(str(value), 3, 3, 3, 5)
    return str(value)


@cache
def _before_key(resource: Hashable) -> str:
    """The address of a resource's records up to the key: reverse() for each cell of a list would cost more than it."""
    return cast("type[Resource]", resource).url("record", 0).removesuffix("0/")


def _link(scheme: str) -> Callable[[Any], SafeString]:
    def render(value: Any) -> SafeString:
        text = escape(str(value))
        return SafeString(f'<a class="link" href="{scheme}{text}" rel="noreferrer">{text}</a>')

    return render


def person(name: str) -> SafeString:
    """A colleague: initials and name."""
    return _person(name)


@lru_cache(maxsize=4096)
def _person(name: str) -> SafeString:
    return format_html('<span class="person">{}{}</span>', avatar(name), name)


def cell(field: models.Field, row: models.Model) -> SafeString | str:
    """The value as a cell of a list shows it: like `rich`, with dates shortened."""
    return cell_writer(field)(row)


def cell_writer(field: models.Field, *, hour: bool = False) -> Callable[[models.Model], SafeString | str]:
    """`cell` for many rows: what does not depend on the row is looked up once. `hour`: see core.resource.Col."""
    write = _writer(field, hour)
    return (lambda row: _in_time(write(row), row)) if _is_deadline(field) else write


def _is_deadline(field: Any) -> bool:
    return getattr(getattr(field, "model", None), "deadline", "") == field.name


def _in_time(text: SafeString | str, row: Any) -> SafeString | str:
    """A deadline, said to be past where the row is late."""
    if not text or not row.is_late:
        return text
    return format_html('<span class="overdue">{}<span class="sr">, {}</span></span>', text, _("en retard"))


def _writer(field: models.Field, hour: bool) -> Callable[[models.Model], SafeString | str]:
    name = field.attname
    if isinstance(field, Virtual):
        return field.writer()
    if isinstance(field, models.DateTimeField):
        zone, at, today = timezone.get_current_timezone(), _("%(day)s à %(time)s"), timezone.localdate()

        def write(row: models.Model) -> SafeString | str:
            value = getattr(row, name)
            if value is None:
                return ""
            local = value.astimezone(zone)
            date, short = _dates(local.date(), today)
            time = clock(local)
            title, shown = at % {"day": date, "time": time}, f"{short} {time}" if hour else short
            return SafeString(f'<time datetime="{value.isoformat()}" title="{escape(title)}">{shown}</time>')

        return write
    if isinstance(field, models.DateField):

        def write_date(row: models.Model) -> SafeString | str:
            value = getattr(row, name)
            if value is None:
                return ""
            return short_date(value)

        return write_date
    if isinstance(field, models.CharField | models.TextField) and type(field) in _PLAIN and field.name not in _SPECIAL:
        labels = _labels(field, get_language()) if field.choices else {}
        return lambda row: labels.get(value := getattr(row, name), value) or ""
    if isinstance(field, models.ForeignKey):
        link = _linked(field)
        return lambda row: "" if getattr(row, name) is None else link(getattr(row, field.name))
    return lambda row: rich(field, row)


_PLAIN = (models.CharField, models.TextField)
_SPECIAL = ("phone", "mobile", "siren", "siret")


@lru_cache(maxsize=4096)
def _dates(value: dt.date, today: dt.date) -> tuple[str, str]:
    """A date in full and shortened, as HTML. `today`: what is kept is thrown away at midnight."""
    return escape(long_day(value)), escape(day(value))


def _linked(field: models.ForeignKey) -> Callable[[Any], SafeString | str]:
    """What writes the row that a key leads to: a colleague, a link to a record, else its words."""
    from core.registry import registry

    if issubclass(field.related_model, AbstractBaseUser):
        return lambda value: person(str(value))
    resource = registry.of(field.related_model)
    if resource is None:
        return str
    before = _before_key(cast("Hashable", resource))
    return lambda value: SafeString(f'<a class="link" href="{before}{value.pk}/">{escape(str(value))}</a>')


def rich(field: models.Field, row: models.Model) -> SafeString | str:
    """The value of a row's field as HTML: links for e-mail, telephone, web and records. "" for nothing."""
    if isinstance(field, Virtual):
        return field.html(field.of_row(row))
    value = getattr(row, field.name)
    if value is None or value == "":
        return ""
    if isinstance(field, models.ForeignKey):
        return _linked(field)(value)
    if isinstance(field, models.EmailField):
        return _link("mailto:")(value)
    if isinstance(field, models.URLField):
        return _link("")(value)
    if field.name in ("phone", "mobile"):
        text = escape(str(value))
        return SafeString(f'<a class="link" href="tel:{text.replace(" ", "")}">{text}</a>')
    return _in_time(plain(field, value), row) if _is_deadline(field) else plain(field, value)


def short_date(value: dt.date) -> SafeString:
    """A date as a cell shows it: shortened, in full as its title."""
    date, short = _dates(value, timezone.localdate())
    return SafeString(f'<time datetime="{value.isoformat()}" title="{date}">{short}</time>')


def css_of(field: models.Field) -> str:
    """The class of a field's column: figures to the right, dates in even digits."""
    if isinstance(field, Virtual):
        return field.css
    if isinstance(field, models.DecimalField | models.IntegerField | models.FloatField):
        return "num"
    return "date" if isinstance(field, models.DateField) else ""


def tags_html(tags: Iterable[Any]) -> SafeString:
    """Tags as coloured words, side by side."""
    return format_html_join(" ", '<span class="tag hued" data-c="{}">{}</span>', ((tag.hue, tag.name) for tag in tags))
