"""What is personal in each model, declared beside it; from this come access, erasure, retention and the registers.

    @personal_data(subject="self", processing="CRM-01", retention=Keep(years=3, since="created_at", then=After.REVIEW))
    class Contact(Model):
        class Privacy:
            email = PD(category="contact", origin="subject", portable=True, match="email", erase=Blank())
            source = NotPersonal("un canal, pas une personne")

    @no_personal_data("des réglages de l'instance")
    class Setting(Model): ...

Declarations only: core.checks_personal_data refuses what is missing or senseless, `declared()` is for those who act.
Nothing of ours is imported here, so that every model can.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.apps import apps as installed
from django.apps.registry import Apps
from django.db.models import Model

M = TypeVar("M", bound="type[Model]")
_ATTRIBUTE = "_personal_data"

# --- the words of a field ---------------------------------------------------------------------------------------
BASES = frozenset({"interest", "contract", "legal", "consent", "vital", "public"})
ORIGINS = frozenset({"subject", "observed", "derived", "staff", "third"})
SENSITIVITIES = frozenset({"ordinary", "special", "offences", "hr-1", "hr-2"})  # GDPR 9 and 10; hr: privacy.md
MATCHES = frozenset({"", "key", "email", "phone", "name"})
AUDITS = frozenset({"value", "name", "none"})  # what the history keeps of a change
# Whose a row is, when no foreign key says it: of nobody but itself, or of the row named by `model` and `object_id`.
SELF, ROW = "self", "row"


class After(enum.Enum):
    """What happens at the end of a period."""

    DELETE = "delete"
    ANONYMISE = "anonymise"
    ARCHIVE = "archive"  # out of the daily screens, kept for those who must prove
    REVIEW = "review"  # a person decides


@dataclass(frozen=True)
class Keep:
    """How long: `years` from a business date of the row ("created_at", "event__at"), never from `updated_at`."""

    years: float
    since: str
    then: After


# --- how a field is erased ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class DeleteRow:
    """The whole row goes: it is about this person only."""


@dataclass(frozen=True)
class Null:
    pass


@dataclass(frozen=True)
class Blank:
    pass


@dataclass(frozen=True)
class Tombstone:
    """A value that says "erased", unique per subject: for what is required or unique."""


@dataclass(frozen=True)
class Generalise:
    """A coarser value that no longer singles out: `to` says which ("year", "department")."""

    to: str


@dataclass(frozen=True)
class Review:
    """A person reads it and takes out what is about the subject: free text, data of several people."""


@dataclass(frozen=True)
class KeepUntil:
    """Kept by law, then erased: the text that says so, and for how long from which date of the row."""

    ground: str
    years: float
    since: str


Erase = DeleteRow | Null | Blank | Tombstone | Generalise | Review | KeepUntil


@dataclass(frozen=True)
class PD:
    """One personal field. `recipients`: to whom it goes outside the company; `third_party`: also of other people."""

    category: str
    erase: Erase
    label: str = ""  # else the field's verbose name
    basis: str = "interest"
    origin: str = "staff"
    sensitivity: str = "ordinary"
    recipients: tuple[str, ...] = ()
    match: str = ""
    portable: bool = False
    audit: str = "value"
    third_party: bool = False


@dataclass(frozen=True)
class NotPersonal:
    """A field whose name or type looks personal and is not; why."""

    reason: str


@dataclass(frozen=True)
class Declaration:
    """What a model says of itself. `reason` is set where it holds nothing personal, the rest where it does."""

    model: type[Model]
    fields: Mapping[str, PD | NotPersonal] = field(default_factory=dict)
    subject: str = ""
    processing: str = ""
    retention: Keep | None = None
    reason: str = ""

    @property
    def is_personal(self) -> bool:
        return not self.reason

    @property
    def personal(self) -> dict[str, PD]:
        return {name: said for name, said in self.fields.items() if isinstance(said, PD)}


def personal_data(
    *, subject: str, processing: str, retention: Keep | None = None, privacy: type | None = None
) -> Callable[[M], M]:
    """Declare a model that holds personal data.

    `subject`: whose they are: "self" (a row is a person), a path of keys that leads to such a model, or "row".
    `processing`: the card of the register (Art. 30). `retention`: without one, a row leaves with its subject.
    `privacy` stands for the inner class where the model is not ours.
    """

    def declare(model: M) -> M:
        fields = _said(privacy or model.__dict__.get("Privacy"))
        setattr(model, _ATTRIBUTE, Declaration(model, fields, subject, processing, retention))
        return model

    return declare


def no_personal_data(reason: str, *, privacy: type | None = None) -> Callable[[M], M]:
    """Declare that a model holds nothing personal, and why one can be sure."""

    def declare(model: M) -> M:
        setattr(model, _ATTRIBUTE, Declaration(model, _said(privacy or model.__dict__.get("Privacy")), reason=reason))
        return model

    return declare


def _said(privacy: type | None) -> dict[str, Any]:
    return {name: said for name, said in vars(privacy or object).items() if not name.startswith("__")}


def declaration_of(model: type[Model]) -> Declaration | None:
    """What the model itself says; a parent's word does not count for its children."""
    return model.__dict__.get(_ATTRIBUTE)


def declared(apps: Apps = installed) -> Iterator[Declaration]:
    """Every declaration, in the order of the applications."""
    for model in apps.get_models():
        found = declaration_of(model)
        if found is not None:
            yield found
