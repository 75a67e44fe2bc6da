"""French business identifiers: what people type, brought to one form and checked (python-stdnum)."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from stdnum.ch import uid
from stdnum.eu import vat
from stdnum.fr import siren, siret
from stdnum.gb import vat as british

# NAF rév. 2 ("43.32A"), and the older nomenclatures that the register still carries ("57.10", "21.01").
_NAF = re.compile(r"\d{2}\.\d{1,2}[A-Z]?")
_DIGITS = b"0123456789"
_PLAIN = bytes.maketrans(_DIGITS, bytes(range(10)))
_DOUBLED = bytes.maketrans(_DIGITS, bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]))
_LA_POSTE = "356000000"
POSTCODE = RegexValidator(r"^[0-9A-Z -]+$", gettext_lazy("Un code postal n’a que chiffres et majuscules."))


def compact(value: str) -> str:
    """Without spaces, dots and dashes; letters upper case."""
    return re.sub(r"[\s.\-\u00a0\u202f]", "", value).upper()


def has_luhn_key(digits: str) -> bool:
    """Whether ASCII digits end with their key: python-stdnum's answer, twenty times as fast."""
    figures = digits.encode()[::-1]
    return (sum(figures[::2].translate(_PLAIN)) + sum(figures[1::2].translate(_DOUBLED))) % 10 == 0


def _is_plain(value: str, length: int) -> bool:
    return len(value) == length and value.isascii() and value.isdigit() and not value.startswith(_LA_POSTE)


def validate_siren(value: str) -> None:
    """Nine digits with their Luhn key. Raises ValidationError."""
    if _is_plain(value, 9) and has_luhn_key(value):
        return
    if not siren.is_valid(value):
        raise ValidationError(
            _("Le SIREN « %(value)s » est faux : neuf chiffres dont le dernier est une clé. Vérifiez la saisie."),
            code="siren", params={"value": value},
        )  # fmt: skip


def validate_siret(value: str) -> None:
    """Fourteen digits with their key; La Poste's establishments have a rule of their own. Raises ValidationError."""
    if _is_plain(value, 14) and has_luhn_key(value) and has_luhn_key(value[:9]):
        return
    if not siret.is_valid(value):
        raise ValidationError(
            _("Le SIRET « %(value)s » est faux : quatorze chiffres dont le dernier est une clé. Vérifiez la saisie."),
            code="siret", params={"value": value},
        )  # fmt: skip


def validate_vat(value: str) -> None:
    """A VAT number of a member state, of the United Kingdom or of Switzerland, with its key where it has one. Raises
    ValidationError."""
    known = {"GB": british, "CH": uid}.get(value[:2], vat)
    if not known.is_valid(value):
        raise ValidationError(
            _("Le numéro de TVA « %(value)s » est faux : il commence par le pays (FR, BE, CH…). Vérifiez la saisie."),
            code="vat", params={"value": value},
        )  # fmt: skip


def validate_naf(value: str) -> None:
    """An activity code as the register writes it. Raises ValidationError."""
    if not _NAF.fullmatch(value):
        raise ValidationError(_("Le code NAF « %(value)s » s’écrit comme 43.32A."), code="naf", params={"value": value})
