"""Form fields that bring what people type to the one way in which it is kept."""

import re
from typing import Any

from django import forms

from core.fields import CompactField

_NAF = re.compile(r"[0-9]{3,4}[A-Z]?")
_SWISS = re.compile(r"(CHE[0-9]{9})(?:TVA|MWST|IVA|TPV)")


class NafField(CompactField):
    """An activity code, with its dot wherever it comes without: « 4332a » is 43.32A."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return f"{text[:2]}.{text[2:]}" if _NAF.fullmatch(text) else text


class VatField(CompactField):
    """A VAT number; a Swiss one without the name of the tax in the speaker's language."""

    def compacted(self, text: str) -> str:
        found = _SWISS.fullmatch(text := super().compacted(text))
        return found[1] if found else text


class PostcodeField(forms.CharField):
    """A postal code, its letters upper case."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").upper()
