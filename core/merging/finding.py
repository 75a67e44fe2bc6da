"""What a record, or what is being typed of one, may be a duplicate of. One query a rule, each by an index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Lower

from core.merging.declaring import MAX_SCORE, Duplicates, Near, Same, likeness, likeness_of
from core.merging.nearness import near
from core.models import DuplicatePair

if TYPE_CHECKING:
    from core.accounts.models import User
    from core.resource import Resource

SHOWN = 5
_LOOKED_AT = 40  # rows of one rule: a switchboard's number, a frequent name


@dataclass
class Alike:
    """A record, and what makes it look like the one asked about."""

    row: Model
    reasons: list[str] = field(default_factory=list)
    score: int = 0


def typed(form: Any, rules: Duplicates) -> dict[str, Any]:
    """What a bound form holds of the watched fields, each as it would be kept; what is not yet valid is left out."""
    values = {}
    for name in rules.fields:
        if name in form.fields:
            try:
                values[name] = form.fields[name].clean(form[name].data)
            except ValidationError:
                continue
    return values


def values_of(row: Model, rules: Duplicates) -> dict[str, Any]:
    return {name: getattr(row, name) for name in rules.fields}


def alike(
    resource: type[Resource], user: User, values: Mapping[str, Any], *, besides: int | None = None, limit: int = SHOWN
) -> list[Alike]:
    """The person's rows that look like these values, the likest first. `besides`: the row that the values are of."""
    rules = resource.duplicates
    if rules is None:
        return []
    rows = _possible(resource.rows(user), rules, values)
    if besides is not None:
        rows = rows.exclude(pk=besides).exclude(pk__in=_dismissed(resource, besides))
    hidden = resource.hidden_from(user)
    found: dict[int, Alike] = {}
    for rule in rules.rules:
        if hidden.isdisjoint(rule.fields):
            for row in _found(rule, rows, values):
                one = found.setdefault(row.pk, Alike(row))
                one.reasons.append(str(rule.label))
                one.score = min(MAX_SCORE, one.score + rule.weight)
    return sorted(found.values(), key=lambda one: (-one.score, one.row.pk))[:limit]


def _possible(rows: QuerySet, rules: Duplicates, values: Mapping[str, Any]) -> QuerySet:
    """Without the rows that a different number says to be something else."""
    for name in rules.unlike:
        if values.get(name):
            rows = rows.filter(Q(**{name: ""}) | Q(**{name: values[name]}))
    return rows


def _dismissed(resource: type[Resource], pk: int) -> list[int]:
    """The records that somebody said this one is not."""
    pairs = DuplicatePair.objects.filter(model=resource.key(), dismissed_at__isnull=False)
    found = pairs.filter(Q(object_id=pk) | Q(other_id=pk)).values_list("object_id", "other_id")
    return [key for pair in found for key in pair if key != pk]


def _found(rule: Same | Near, rows: QuerySet, values: Mapping[str, Any]) -> Iterable[Model]:
    if isinstance(rule, Near):
        return _near(rule, rows, values)
    wanted = {str(values[name]) for name in rule.fields if values.get(name)}
    if not wanted:
        return []
    condition = Q()
    for name in rule.fields:
        if rule.lower:
            rows = rows.alias(**{f"_{name}": Lower(F(name))})
            condition |= Q(**{f"_{name}__in": [text.lower() for text in wanted]}) & ~Q(**{name: ""})
        else:
            condition |= Q(**{f"{name}__in": wanted}) & ~Q(**{name: ""})
    return rows.filter(condition).order_by()[:_LOOKED_AT]


def _near(rule: Near, rows: QuerySet, values: Mapping[str, Any]) -> Iterable[Model]:
    name = " ".join(str(values.get(part) or "") for part in rule.fields).strip()
    if len(name) < 2:
        return []
    rows = rows.alias(_like=likeness(*rule.fields)).filter(_like=likeness_of(name))
    place = values.get(rule.place) if rule.place else None
    # In Python: the condition would tempt PostgreSQL away from the index of names.
    return [
        row
        for row in rows.order_by()[:_LOOKED_AT]
        if same_place(place, getattr(row, rule.place) if rule.place else None)
        and near(name, " ".join(str(getattr(row, part)) for part in rule.fields))
    ]


def same_place(one: Any, other: Any) -> bool:
    """Blank on one side is no contradiction."""
    if not one or not other:
        return True
    if isinstance(one, Model) or isinstance(other, Model):
        return getattr(one, "pk", one) == getattr(other, "pk", other)
    from core.text import fold

    return fold(str(one)) == fold(str(other))
