"""Figures, dates and yes-or-no as people write them; how a column writes them is decided over all its rows."""

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.importing.reading import Typed
from core.text import fold

YES = frozenset({"oui", "o", "vrai", "v", "yes", "y", "true", "t", "1", "x", "ok", "actif", "✓", "✔", "☑", "on"})
NO = frozenset({"non", "n", "faux", "f", "no", "false", "0", "inactif", "off", "✗", "☐", "aucun", "-"})
FIRST_YEAR, LAST_YEAR = 1900, 2100
_SPACES = re.compile(r"[\s\u00a0\u202f'’]")
_SIGNS = re.compile(r"(?i)€|\$|£|%|\b(?:eur|euros?|usd|chf|gbp)\b")
_DIGITS = re.compile(r"[+-]?\d*(?:[.,]\d+)*[.,]?\d*")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_COMPACT = re.compile(r"(?:19|20)\d{6}")
_TRIPLE = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{2}|\d{4})")
_NAMED = re.compile(r"(\d{1,2})(?:er)?[-/. ]+([^\W\d]{3,10})\.?[-/. ]+(\d{2}|\d{4})")
_TIME = re.compile(r"[ T,à]+(\d{1,2})[:h](\d{2})?(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_EPOCH = dt.date(1899, 12, 30)  # Excel's day 0, its false 29 February 1900 taken into account
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("janvier janv jan january", "fevrier fevr fev feb february", "mars mar march", "avril avr apr april",
         "mai may", "juin jun june", "juillet juil jul july", "aout aou aug august", "septembre sept sep september",
         "octobre oct october", "novembre nov november", "decembre dec december"), 1,
    )
    for name in names.split()
}  # fmt: skip


@dataclass(frozen=True)
class Style:
    """How a column writes: `order` of dates ("dmy" or "mdy"), `decimal` ("," or ".")."""

    order: str = "dmy"
    decimal: str = ","


@dataclass
class Evidence:
    """What the values of a column tell of its style. `feed` each; "either" alone proves nothing."""

    dates: Counter = field(default_factory=Counter)
    figures: Counter = field(default_factory=Counter)

    def feed(self, text: str) -> None:
        if isinstance(text, Typed):
            return
        found = _TRIPLE.match(text.strip())
        if found:
            first, second = int(found[1]), int(found[2])
            self.dates["dmy" if first > 12 else "mdy" if second > 12 else "either"] += 1
        elif figure := decimal_of(text):
            self.figures[figure] += 1

    def style(self, order: str = "", decimal: str = "") -> Style:
        """The style, what a person chose first; what nothing proves is French."""
        mdy, point = self.dates["mdy"] > self.dates["dmy"], self.figures["."] > self.figures[","]
        return Style(order or ("mdy" if mdy else "dmy"), decimal or ("." if point else ","))

    @property
    def doubtful_dates(self) -> bool:
        """Dates that may be read both ways, in a column that does not settle it (or settles it twice)."""
        return bool(self.dates["either"]) and (bool(self.dates["dmy"]) == bool(self.dates["mdy"]))

    @property
    def doubtful_figures(self) -> bool:
        return bool(self.figures["either"]) and (bool(self.figures["."]) == bool(self.figures[","]))


@lru_cache(maxsize=8192)
def decimal_of(text: str) -> str:
    """Which mark a figure writes its decimals with: "," or "."; "either"; "" when it has none, or is no figure."""
    bare = _bare(text)
    if not bare or not _DIGITS.fullmatch(bare):
        return ""
    marks = [char for char in bare if char in ",."]
    if not marks:
        return ""
    if len(set(marks)) == 2:
        return marks[-1]
    if len(marks) > 1:  # one mark several times parts thousands
        return "." if marks[0] == "," else ","
    return "either" if len(bare.rpartition(marks[0])[2]) == 3 and bare.lstrip("+-")[0] not in "0,." else marks[0]


def _bare(text: str) -> str:
    bare = _SPACES.sub("", _SIGNS.sub("", text)).replace("\u2212", "-")
    if bare.startswith("(") and bare.endswith(")"):
        return f"-{bare[1:-1]}"
    return f"-{bare[:-1]}" if bare.endswith("-") and len(bare) > 1 else bare


def parse_number(text: str, style: Style) -> Decimal:
    """1 234,56 €, 1,234.56, (12), 12-, 5 %. Raises ValidationError."""
    if not isinstance(text, Typed):
        bare = _bare(text)
        if not bare or not _DIGITS.fullmatch(bare):
            raise ValidationError(_("« %s » n’est pas un nombre.") % text[:40])
        mark = decimal_of(text)
        decimal = style.decimal if mark in ("", "either") else mark
        text = bare.replace("," if decimal == "." else ".", "").replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValidationError(_("« %s » n’est pas un nombre.") % text[:40]) from None
    if not number.is_finite():
        raise ValidationError(_("« %s » n’est pas un nombre.") % text[:40])
    return number


def parse_boolean(text: str) -> bool:
    """Raises ValidationError."""
    word = text.strip().casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValidationError(_("« %s » n’est ni oui ni non.") % text[:40])


def parse_date(text: str, style: Style) -> dt.date:
    """Raises ValidationError, which tells an impossible day from what is no date at all."""
    return _split(text, style)[0]


def parse_moment(text: str, style: Style) -> dt.datetime:
    """A date with or without an hour, in Paris time unless it says otherwise. Raises ValidationError."""
    day, at, zone = _split(text, style)
    moment = dt.datetime.combine(day, at)
    if zone:
        return dt.datetime.fromisoformat(f"{moment.isoformat()}{zone.replace('Z', '+00:00')}")
    return timezone.make_aware(moment)


def _split(text: str, style: Style) -> tuple[dt.date, dt.time, str]:
    text = text.strip()
    if _SERIAL.fullmatch(text):
        serial = float(text)
        return _dated(_EPOCH + dt.timedelta(days=int(serial)), text), _hour_of(serial % 1), ""
    at, zone, found = dt.time(), "", _TIME.search(text)
    if found and found.start() >= 6:
        try:
            at = dt.time(int(found[1]), int(found[2] or 0), int(found[3] or 0))
        except ValueError:
            raise ValidationError(_("L’heure de « %s » n’existe pas.") % text[:40]) from None
        text, zone = text[: found.start()], found[4] or ""
    return _day(text, style), at, zone


def _hour_of(fraction: float) -> dt.time:
    seconds = min(round(fraction * 86400), 86399)
    return dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _day(text: str, style: Style) -> dt.date:
    if found := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif _COMPACT.fullmatch(text):
        year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    elif found := _TRIPLE.fullmatch(text):
        first, second, year = int(found[1]), int(found[2]), _century(found[3])
        day, month = (second, first) if style.order == "mdy" else (first, second)
    elif found := _NAMED.fullmatch(text):
        day, month, year = int(found[1]), _MONTHS.get(fold(found[2]), 0), _century(found[3])
    else:
        raise ValidationError(_("« %s » n’est pas une date : 25/11/2026 est attendu.") % text[:40])
    try:
        return _dated(dt.date(year, month, day), text)
    except ValueError:
        raise ValidationError(_("Le jour « %s » n’existe pas.") % text[:40]) from None


def _century(year: str) -> int:
    if len(year) == 4:
        return int(year)
    near = 2000 + int(year)
    return near if near <= timezone.localdate().year + 20 else near - 100


def _dated(day: dt.date, text: str) -> dt.date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(
            _("« %(text)s » : l’année %(year)04d est invraisemblable.") % {"text": text[:40], "year": day.year}
        )
    return day


def looks_like(text: str) -> str:
    """ "date", "number" or "" for a value: what the mapping screen asks of a few samples."""
    text = text.strip()
    try:
        if not _SERIAL.fullmatch(text):
            parse_date(text, Style())
            return "date"
    except ValidationError as error:
        if "n’existe pas" in str(error.message):
            return "date"
    try:
        parse_number(text, Style())
    except ValidationError:
        return ""
    return "number"
