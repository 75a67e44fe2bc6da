"""Telephone numbers: typed as people do, kept as E.164, shown as people read them."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


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
        import phonenumbers  # some 30 MB: only where a number is typed

        try:
            number = phonenumbers.parse(text, "FR")
        except phonenumbers.NumberParseException as error:
            raise ValidationError(self.error_messages["phone"], code="phone", params={"value": text}) from error
        if not phonenumbers.is_valid_number(number):
            raise ValidationError(self.error_messages["phone"], code="phone", params={"value": text})
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
