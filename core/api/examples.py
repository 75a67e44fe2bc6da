"""A plausible value for a JSON Schema, for the documentation."""

from typing import Any

from core.api.values import Schema

# Words that many models share; a field of another name gets a value of its kind.
_KNOWN: dict[str, Any] = {
    "title": "Menuiserie Le Goff", "name": "Menuiserie Le Goff", "legal_name": "Le Goff SARL", "first_name": "Anne",
    "last_name": "Le Goff", "job": "Gérante", "city": "Brest", "postcode": "29200", "address": "12 rue du Port",
    "phone": "+33 2 98 00 11 22", "mobile": "+33 6 39 98 00 11", "email": "contact@exemple.fr",
    "website": "https://exemple.fr", "siren": "732829320", "siret": "73282932000074", "vat_number": "FR44732829320",
    "naf": "43.32A", "url": "/…/12/", "label": "Anne Le Goff", "tags": ["VIP"],
}  # fmt: skip
_CHANGED = ("city", "phone", "email", "job", "name", "title")  # what an example changes, the first two of them


def example_of(schema: Schema, name: str = "", *, brief: bool = False) -> Any:
    """`brief`: of an object, what is required and a few more."""
    if "enum" in schema:
        return next((value for value in schema["enum"] if value not in ("", None)), None)
    if "anyOf" in schema:
        # A key as a plain number reads best where it may be one.
        return example_of(schema["anyOf"][0], name)
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        required, properties = schema.get("required", ()), schema.get("properties", {})
        some = {*required, *[key for key in _CHANGED if key in properties and key not in required][:2]}
        return {key: example_of(part, key) for key, part in properties.items() if not brief or key in some}
    if name in _KNOWN:
        return _KNOWN[name]
    if kind == "array":
        return [example_of(schema["items"])] if "properties" in schema["items"] else []
    return _BY_FORMAT.get(schema.get("format", "")) or _decimal(schema) or _BY_KIND.get(kind, "")


def _decimal(schema: Schema) -> str | None:
    return "1250.00" if "pattern" in schema else None


_BY_FORMAT = {"date-time": "2026-11-25T14:30:00Z", "date": "2026-11-25", "uuid": "7d4f3c1e-5b1a-4c55-9c9e-0e3f2f0a1b2c"}
_BY_KIND = {"integer": 12, "number": 12.5, "boolean": False, "string": ""}
