"""Telephone numbers: typed as people do, kept as E.164, shown as people read them."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# The usual way to write a French number, and the ranges in service: fixed, mobile, 09. What matches is valid, as
# phonenumbers says (tests/crm/test_phones.py, over every range); what does not is for it to judge: 60 µs and 30 MB.
_USUAL = re.compile(r"(?:0|(?:\+|00)33 ?)([1-79])" + r"[ .-]?([0-9]{2})" * 4)
_IN_SERVICE = re.compile(
    r"[13]|2[0-57-9]|4[1-9]|5[0-8]|6(?:[0-24-8]|3[0-8]|9[589])|7[3-9]|9",
)

# Kept by Arcep for fiction and demonstrations, like five blocks of fixed lines: those the library knows, not this one.
_FICTION = re.compile(r"\+3363998[0-9]{4}")

# Where 0… is dialled. Guadeloupe, Martinique, Guyane, La Réunion and Mayotte come first: the library reads some of
# their ranges as the mainland’s too.
_FRENCH = ("GP", "MQ", "GF", "RE", "FR")


def usual(text: str) -> str:
    """The international form of a French number as most people write it, "" for anything else."""
    found = _USUAL.fullmatch(text)
    if found is None or _IN_SERVICE.match("".join(found.groups())) is None:
        return ""
    return f"+33 {' '.join(found.groups())}"


def is_mobile(number: str) -> bool:
    """Whether a number, as it is kept, is a French mobile's."""
    return number.startswith(("+33 6", "+33 7"))


class PhoneField(forms.CharField):
    """A number, French unless it begins with +. Kept in the international form ("+33 2 98 00 11 22")."""

    default_error_messages = {
        "phone": _("« %(value)s » n’est pas un numéro valable : 02 98 00 11 22 ou +44 20 7946 0018.")
    }

    def __init__(self, **kwargs):
        super().__init__(max_length=40, **kwargs)
        self.widget.input_type = "tel"

    def to_python(self, value):
        text = super().to_python(value)
        if not text:
            return ""
        if number := usual(text):
            return number
        import phonenumbers  # some 30 MB: only where a number is typed

        for region in _FRENCH:
            try:
                parsed = phonenumbers.parse(text, region)
            except phonenumbers.NumberParseException:
                break
            if phonenumbers.is_valid_number(parsed) or _FICTION.fullmatch(
                f"+{parsed.country_code}{parsed.national_number}"
            ):
                return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        raise ValidationError(self.error_messages["phone"], code="phone", params={"value": text})
