"""What makes two records of a resource alike, declared beside it.

duplicates = Duplicates(
    rules=(
        Same("email", ("email",), _("même e-mail"), 80),
        Near("name", ("name",), _("nom proche"), 40, place="city"),
    ),
    unlike=("siren", "siret"),
)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F, Func, TextField, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_stubs_ext import StrOrPromise

MAX_SCORE = 100


def likeness(*names: str) -> Func:
    """public.b2o_likeness(text) of one field, or of several together. Plain Func: migrations import nothing of ours."""
    whole: Any = F(names[0])
    if len(names) > 1:
        # Keywords in alphabetical order, as a migration writes them: in another one the index would not equal its own.
        parts = [F(name) for name in names]
        whole = Func(*parts, arg_joiner=" || ' ' || ", template="(%(expressions)s)", output_field=TextField())
    return Func(whole, function="public.b2o_likeness", output_field=TextField())


def likeness_of(text: str) -> Func:
    return Func(Value(text), function="public.b2o_likeness", output_field=TextField())


@dataclass(frozen=True)
class Same:
    """Alike where any of `fields` holds what any of them holds in the other. Each needs an index of its own, without
    its blanks: on Lower(field) where `lower`, else on the field. `weight`: what it adds to the score, of 100.
    """

    name: str
    fields: Sequence[str]
    label: StrOrPromise
    weight: int
    lower: bool = False


@dataclass(frozen=True)
class Near:
    """Alike where the names in `fields`, taken together, are near. Needs an index on likeness(*fields).

    `place`: a field that must be the same in both, or blank in one, since names alone meet by chance.
    """

    name: str
    fields: Sequence[str]
    label: StrOrPromise
    weight: int
    place: str = ""


@dataclass(frozen=True)
class Duplicates:
    """`unlike`: fields whose two different values say that the records are not the same, whatever else is alike."""

    rules: Sequence[Same | Near]
    unlike: Sequence[str] = ()

    @property
    def fields(self) -> list[str]:
        """Every field that a form must watch."""
        names = [name for rule in self.rules for name in rule.fields]
        places = [rule.place for rule in self.rules if isinstance(rule, Near) and rule.place]
        return list(dict.fromkeys([*names, *places, *self.unlike]))

    def rule(self, name: str) -> Same | Near | None:
        return next((rule for rule in self.rules if rule.name == name), None)
