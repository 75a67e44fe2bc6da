"""French business identifiers: what people type, brought to one form and checked (python-stdnum)."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum.eu import vat
from stdnum.fr import siren, siret

# NAF rév. 2 ("43.32A"), and the older nomenclatures that the register still carries ("57.10", "21.01").
_NAF = re.compile(r"\d{2}\.\d{1,2}[A-Z]?")


def compact(value: str) -> str:
    """Without spaces, dots and dashes; letters upper case."""
    return re.sub(r"[\s.\-\u00a0\u202f]", "", value).upper()


def validate_siren(value: str) -> None:
    """Nine digits with their Luhn key. Raises ValidationError."""
    if not siren.is_valid(value):
        raise ValidationError(
            _("Le SIREN « %(value)s » est faux : neuf chiffres dont le dernier est une clé. Vérifiez la saisie."),
            code="siren", params={"value": value},
        )  # fmt: skip


def validate_siret(value: str) -> None:
    """Fourteen digits with their key; La Poste's establishments have a rule of their own. Raises ValidationError."""
    if not siret.is_valid(value):
        raise ValidationError(
            _("Le SIRET « %(value)s » est faux : quatorze chiffres dont le dernier est une clé. Vérifiez la saisie."),
            code="siret", params={"value": value},
        )  # fmt: skip


def validate_vat(value: str) -> None:
    """A VAT number of a member state, with its key where it has one. Raises ValidationError."""
    if not vat.is_valid(value):
        raise ValidationError(
            _("Le numéro de TVA « %(value)s » est faux : il commence par le pays (FR) et porte une clé."),
            code="vat", params={"value": value},
        )  # fmt: skip


def validate_naf(value: str) -> None:
    """An activity code as the register writes it. Raises ValidationError."""
    if not _NAF.fullmatch(value):
        raise ValidationError(_("Le code NAF « %(value)s » s’écrit comme 43.32A."), code="naf", params={"value": value})
