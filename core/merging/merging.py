"""Two records made one, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.http import QueryDict

from core import audit
from core.accounts.access import Level
from core.accounts.models import User
from core.actions.bin import contents
from core.custom.column import NAME
from core.locking import put, put_value
from core.merging.moving import lead, straighten
from core.models import Merge
from core.saving import save

if TYPE_CHECKING:
    from core.forms import ResourceForm
    from core.resource import Resource

KEPT, GONE, BOTH = "kept", "gone", "both"
_UNSAID = {"id", "created_at", "updated_at"}


class Refused(Exception):
    """The record so composed is not valid; `form` says why. Nothing was done."""

    def __init__(self, form: ResourceForm) -> None:
        self.form = form
        super().__init__()


def lock_both(resource: type[Resource], pks: Iterable[int]) -> None:
    """Hold both rows until the transaction ends, in one order whoever asks: two merges never wait for each other."""
    wanted = resource.model._base_manager.filter(pk__in=sorted(pks)).order_by("pk")
    list(wanted.select_for_update().values_list("pk"))


@transaction.atomic
def merge(
    resource: type[Resource], kept: models.Model, gone: models.Model, *, by: User, choices: Mapping[str, str]
) -> Merge:
    """Lead what points to `gone` to `kept`, give `kept` the chosen values, take `gone` out of its table.

    Both rows are locked and within the person's reach: the caller saw to it. `choices`: {field of the form: KEPT, GONE
    or BOTH}; without one a field keeps its value, or takes the other's when it has none. Everything or nothing.
    Raises NotMerged, Refused.
    """
    label = resource.key()
    before = _columns(label, kept.pk)
    done = Merge.objects.create(
        model=label, object_id=gone.pk, into_id=kept.pk, title=resource.title(gone)[:300], by=by if by.pk else None
    )
    with audit.operation(f"merge:{done.pk}"):
        straighten(gone, kept)
        moved = lead(gone, kept)
        row = contents([(label, gone.pk)])[label, gone.pk]  # after: it may have pointed to itself
        sources = _sources(resource, kept, gone, by, choices)
        typed, rest = _composed(resource, kept, by, sources), _rest(resource, kept, gone, by)
        _take_out(gone)
        old = _no_longer_valid(resource.form(typed, None, instance=kept, user=by))
        rest |= {name: getattr(sources[name][0], name) for name in old}
        if rest:
            resource.model._base_manager.filter(pk=kept.pk).update(**rest)
        form = resource.form(typed, None, instance=resource.model._default_manager.get(pk=kept.pk), user=by)
        for name in old:
            del form.fields[name]
        if not form.is_valid() or not save(form, resource, by, Level.WRITE):
            raise Refused(form)
    after = _columns(label, kept.pk)
    changed = [column for column in after if after[column] != before.get(column)]
    done.content = {
        "row": row,
        "before": {column: before.get(column) for column in changed},
        "after": {column: after[column] for column in changed},
        "keys": moved.keys, "attached": moved.attached, "aside": moved.aside, "dropped": moved.dropped,
    }  # fmt: skip
    done.save(update_fields=["content"])
    return done


def _columns(label: str, pk: int) -> dict[str, Any]:
    """A row's columns, as JSON gives them back."""
    found = contents([(label, pk)])[label, pk]
    plain = json.loads(json.dumps(found, cls=DjangoJSONEncoder))
    return {column: value for column, value in plain.items() if column not in _UNSAID}


def _take_out(gone: models.Model) -> None:
    """Nothing points to it any more but what is meant to outlive it."""
    rows = type(gone)._base_manager.filter(pk=gone.pk)
    rows._raw_delete(rows.db)


def chosen(kept: Any, gone: Any, choice: str | None) -> str:
    """Which of two values stays: what the person said, else the one that is there."""
    if choice in (KEPT, GONE, BOTH):
        return str(choice)
    return GONE if _blank(kept) and not _blank(gone) else KEPT


def _blank(value: Any) -> bool:
    return value is None or value == "" or value == [] or value is False


def _sources(
    resource: type[Resource], kept: models.Model, gone: models.Model, by: User, choices: Mapping[str, str]
) -> dict[str, list[models.Model]]:
    """The row, or both, that each field of the form takes its value from."""
    sources = {}
    for name in resource.form(None, None, instance=kept, user=by).fields:
        mine, theirs = getattr(kept, name), getattr(gone, name)
        choice = chosen(mine, theirs, choices.get(name))
        if choice == BOTH:
            sources[name] = [kept, gone]
        else:  # a parent is not its own
            sources[name] = [gone if choice == GONE and theirs != kept else kept]
    return sources


def _composed(
    resource: type[Resource], kept: models.Model, by: User, sources: Mapping[str, list[models.Model]]
) -> QueryDict:
    """What a person would have typed in the form of the record that stays."""
    data = QueryDict(mutable=True)
    form = resource.form(None, None, instance=kept, user=by)
    for name, rows in sources.items():
        if len(rows) > 1:
            put_value(data, form, name, "\n\n".join(text for row in rows if (text := str(getattr(row, name)))))
        else:
            put(data, form, name, rows[0])
    return data


def _no_longer_valid(form: Any) -> list[str]:
    """The fields whose value, as both rows have long held it, a form would refuse today: it is taken as it is."""
    found = []
    for name, field in form.fields.items():
        try:
            field.clean(form[name].data)
        except ValidationError:
            found.append(name)
    return found


def _rest(resource: type[Resource], kept: models.Model, gone: models.Model, by: User) -> dict[str, Any]:
    """What the person does not see: it stays as it is, or takes the other's value where it has none."""
    hidden = resource.hidden_from(by)
    rest = {}
    for name in resource.form.base_fields:
        if name in hidden and chosen(getattr(kept, name), getattr(gone, name), None) == GONE:
            rest[name] = getattr(gone, name)
    mine, theirs = getattr(kept, NAME), getattr(gone, NAME)
    missing = {key: value for key, value in theirs.items() if key not in mine}  # reserved and archived ones too
    if missing:
        rest[NAME] = {**mine, **missing}
    return rest
