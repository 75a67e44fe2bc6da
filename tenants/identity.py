"""The identifiers of a company, by their keys (python-stdnum)."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum.eu import vat
from stdnum.fr import siret


def validate_siret(value: str) -> None:
    """Fourteen digits with their key. Raises ValidationError."""
    if not siret.is_valid(value):
        raise ValidationError(
            _("Le SIRET « %(value)s » est faux : quatorze chiffres dont le dernier est une clé.") % {"value": value}
        )


def validate_vat(value: str) -> None:
    """A VAT number of a member state, with its key. Raises ValidationError."""
    if not vat.is_valid(value):
        raise ValidationError(
            _("Le numéro de TVA « %(value)s » est faux : il commence par le pays (FR) et porte une clé.")
            % {"value": value}
        )


def of_one_company(siret_number: str, vat_number: str) -> bool:
    """Whether a French VAT number is that of the SIRET's company: it ends with the SIREN."""
    if not siret_number or not vat_number.startswith("FR"):
        return True
    return vat_number[-9:] == siret_number[:9]
