"""Custom fields in the registry of personal data: the words asked at creation, and declarations of this client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from core.checks_personal_data import looks_personal
from core.custom.definitions import definitions
from core.personal_data import PD, Declaration, Erase, KeepUntil, NotPersonal, Null, Review, declared
from core.text import fold

if TYPE_CHECKING:
    from core.models.custom import CustomField

CATEGORIES = {
    "identity": _("Identité (nom, numéro)"),
    "contact": _("Coordonnées"),
    "work": _("Vie professionnelle"),
    "private": _("Vie personnelle, famille"),
    "preferences": _("Goûts et préférences"),
    "financial": _("Situation financière"),
    "relation": _("Suivi de la relation"),
    "location": _("Localisation"),
    "free text": _("Texte libre"),
}
BASES = {
    "interest": _("Intérêt légitime"),
    "contract": _("Contrat"),
    "legal": _("Obligation légale"),
    "consent": _("Consentement"),
    "vital": _("Intérêts vitaux"),
    "public": _("Mission d’intérêt public"),
}
ORIGINS = {
    "subject": _("La personne elle-même"),
    "staff": _("Un collègue, qui la saisit"),
    "third": _("Un tiers (fichier, annuaire)"),
    "observed": _("L’observation (visites, achats)"),
    "derived": _("Un calcul"),
}
SENSITIVITIES = {
    "ordinary": _("Ordinaire"),
    "special": _("Particulière : santé, religion, opinions, syndicat… (RGPD 9)"),
    "offences": _("Infractions et condamnations (RGPD 10)"),
}


def seems_personal(label: str) -> bool:
    """Whether a label is one that personal data have: then « non personnelle » wants a reason that says why."""
    return looks_personal(fold(label).replace(" ", "_"))


def said_of(field: CustomField) -> PD | NotPersonal:
    """What the registry says of a custom field, in its own words."""
    if not field.personal:
        return NotPersonal(field.reason)
    return PD(
        category=field.category, erase=_erase(field), label=field.label, basis=field.basis, origin=field.origin,
        sensitivity=field.sensitivity, portable=field.portable, audit=field.audit,
        third_party=field.category == "free text",
    )  # fmt: skip


def _erase(field: CustomField) -> Erase:
    if field.erase == "keep":
        return KeepUntil(field.ground, years=field.years or 1, since="created_at")
    return Review() if field.erase == "review" else Null()


def declared_here() -> Iterator[Declaration]:
    """`declared()` with the active client's custom fields, archived ones too: their values are still there.

    A field is named by its key ("f12"): core.custom.definitions.field_of gives it, and its `put` empties it.
    """
    known = definitions().fields
    for declaration in declared():
        custom = {
            key: said_of(field.definition)
            for key, field in known.get(declaration.model._meta.label_lower, {}).items()
            if field.definition.erased_at is None
        }
        yield replace(declaration, fields={**declaration.fields, **custom}) if custom else declaration
