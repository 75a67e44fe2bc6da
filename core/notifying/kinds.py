"""The kinds of things that people are told. A module adds its own beside its resources: `add_kind(…)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from core.models.notifications import Channel

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Kind:
    """`channel`: the way of those who chose none."""

    code: str
    label: StrOrPromise
    hint: StrOrPromise
    icon: str
    channel: Channel


_kinds: dict[str, Kind] = {}


def add_kind(kind: Kind) -> Kind:
    if kind.code in _kinds:
        raise ImproperlyConfigured(f"the notification {kind.code} is declared twice")
    _kinds[kind.code] = kind
    return kind


def kinds() -> list[Kind]:
    return list(_kinds.values())


def kind_of(code: str) -> Kind:
    """One that is gone is shown as the plainest."""
    return _kinds.get(code) or Kind(code, code, "", "bell", Channel.BELL)


MENTION = add_kind(
    Kind("mention", _("On me cite"), _("Un collègue écrit votre nom dans une note."), "at-sign", Channel.EMAIL)
)
ASSIGNED = add_kind(
    Kind("assigned", _("On me confie une fiche"), _("Vous en devenez responsable."), "user-plus", Channel.BELL)
)
SUPPORT = add_kind(
    Kind(
        "support", _("Le support de B2O"), _("Un accès lui est ouvert, ou il entre. Aux administrateurs."),
        "shield-check", Channel.BELL,
    )
)  # fmt: skip
JOB = add_kind(
    Kind("job", _("Un travail finit"), _("Import, export : s’il a duré, ou s’il a échoué."), "hourglass", Channel.BELL)
)
