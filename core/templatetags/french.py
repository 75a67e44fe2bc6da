"""Figures, sums and dates as a French reader expects them. Settings keep USE_THOUSAND_SEPARATOR off: it would
put a separator inside ids and `value="1594"` too."""

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.utils import timezone

from core.text import fold

register = template.Library()

NBSP = "\u00a0"
THIN = "\u202f"  # between thousands
NONE = "—"
MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
_NEAR = {-1: "demain", 0: "aujourd’hui", 1: "hier"}
RECENT = dt.timedelta(days=180)
# How the nouns begin whose h is heard as a stop: the others' is mute.
_ASPIRATED = (
    "hach", "hall", "halt", "hameau", "handicap", "hangar", "haricot", "harnais", "hasard", "haut", "hayon", "heros",
    "heurt", "hors", "hublot", "huit",
)  # fmt: skip
BYTE_UNITS = ("o", "Ko", "Mo", "Go", "To")


@register.filter
def num(value: Any) -> str:
    """1594 → « 1 594 », 2.5 → « 2,5 »; anything that is no number is given back as it is."""
    if value is None or value == "":
        return NONE
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not number.is_finite():
        return NONE
    return f"{number:,f}".replace(",", THIN).replace(".", ",")


@register.filter
def eur(value: Any, decimals: int | None = None) -> str:
    """A sum in euros. Cents are written only when there are some, or when `decimals` is 2."""
    if value is None or value == "":
        return NONE
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not amount.is_finite():
        return NONE
    places = decimals if decimals is not None else (0 if amount == amount.to_integral_value() else 2)
    return f"{num(f'{amount:.{places}f}')}{NBSP}€"


@register.filter
def of_name(value: Any) -> str:
    """« d’Atelier Morvan », « de Hamon & Fils »: how a name that begins with a vowel is written after « de »."""
    return f"d’{value}" if fold(str(value))[:1] in set("aeiou") else f"de {value}"


def new(noun: Any, *, feminine: bool = False) -> str:
    """« Nouveau contact », « Nouvel envoi », « Nouvelle affaire »."""
    plain = fold(str(noun))
    liaison = plain[:1] in set("aeiou") or (plain[:1] == "h" and not plain.startswith(_ASPIRATED))
    return f"{'Nouvelle' if feminine else 'Nouvel' if liaison else 'Nouveau'} {noun}"


@register.filter
def size(value: Any) -> str:
    """A size in bytes → « 4,2 Mo »."""
    if value is None or value == "":
        return NONE
    amount, unit = float(value), 0
    while amount >= 1000 and unit < len(BYTE_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    digits = f"{amount:.1f}" if unit and amount < 100 else f"{amount:.0f}"
    return f"{digits.removesuffix('.0').replace('.', ',')}{NBSP}{BYTE_UNITS[unit]}"


@register.filter
def day(value: Any) -> str:
    """« 9 oct. », with the year when the date is half a year away or more."""
    date = _local_date(value)
    if date is None:
        return NONE
    text = f"{'1er' if date.day == 1 else date.day}{NBSP}{MONTHS[date.month - 1]}"
    return text if abs(timezone.localdate() - date) < RECENT else f"{text}{NBSP}{date.year}"


@register.filter
def moment(value: Any) -> str:
    """« aujourd’hui à 14 h 05 », « hier à 9 h 30 », « 9 oct. à 14 h 05 »."""
    if not isinstance(value, dt.datetime):
        return day(value)
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{_NEAR.get(_days_ago(local)) or day(local)} à{NBSP}{clock(local)}"


@register.filter
def when(value: Any) -> str:
    """`moment` after a verb: « (parti) hier à 9 h 30 », « (parti) le 9 oct. à 14 h 05 »."""
    near = isinstance(value, dt.datetime) and _days_ago(value) in _NEAR
    return moment(value) if near or _local_date(value) is None else f"le {moment(value)}"


@register.filter
def clock(value: dt.datetime | dt.time) -> str:
    """« 8 h 05 », of a time that is local."""
    return f"{value.hour}{NBSP}h{NBSP}{value.minute:02}"


@register.filter
def duration(minutes: int) -> str:
    """« 45 min », « 1 h », « 1 h 30 »."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}{NBSP}min"
    return f"{hours}{NBSP}h{NBSP}{rest:02}" if rest else f"{hours}{NBSP}h"


@register.filter
def iso(value: Any) -> str:
    """For `<time datetime>`."""
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else ""


@register.filter
def groups(value: Any) -> str:
    """A SIREN or SIRET in its groups: « 552 081 317 », « 552 081 317 00012 »."""
    digits = "".join(str(value or "").split())
    if len(digits) not in {9, 14} or not digits.isdigit():
        return str(value or NONE)
    parts = [digits[0:3], digits[3:6], digits[6:9], digits[9:]]
    return NBSP.join(part for part in parts if part)


def _days_ago(value: dt.datetime) -> int:
    return (timezone.localdate() - (_local_date(value) or timezone.localdate())).days


def _local_date(value: Any) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value if isinstance(value, dt.date) else None
