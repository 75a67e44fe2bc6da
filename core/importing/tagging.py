"""The column of tags: words put on the rows, none taken off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from core.actions.tags import tag_named, tags_of
from core.importing.importer import Draft
from core.importing.targets import TAGS
from core.models import Tag, Tagging


class TagKeeper:
    def __init__(self, label: str) -> None:
        self.label = label
        self._there: dict[Any, list[str]] = {}
        self._tags: dict[str, Tag] = {}

    def load(self, pks: Sequence[Any]) -> None:
        self._there = {pk: [tag.name for tag in tags] for pk, tags in tags_of(self.label, pks).items()} if pks else {}

    def judge(self, draft: Draft) -> None:
        """Which tags the line adds; on a row that is there, they are a change."""
        wanted = draft.facts.get(TAGS, [])
        there = self._there.get(draft.row.pk, []) if draft.row is not None else []
        have = {name.casefold() for name in there}
        fresh = [name for name in wanted if name.casefold() not in have]
        if fresh:
            draft.facts["fresh tags"] = fresh
            if draft.row is not None:
                draft.extra[TAGS] = (there, [*there, *fresh])

    def write(self, drafts: Sequence[Draft]) -> None:
        by_name: dict[str, list[Any]] = defaultdict(list)
        for draft in drafts:
            for name in draft.facts.get("fresh tags", ()):
                by_name[name.casefold()].append((name, draft.pk))
        for key, found in by_name.items():
            tag = self._tags.get(key) or self._tags.setdefault(key, tag_named(found[0][0]))
            pks = [pk for _name, pk in found]
            there = Tagging.objects.filter(model=self.label, object_id__in=pks, tag=tag)
            off = set(there.filter(active=False).values_list("object_id", flat=True))
            there.filter(active=False).update(active=True)
            Tagging.objects.bulk_create(
                [Tagging(tag=tag, model=self.label, object_id=pk) for pk in pks if pk not in off], ignore_conflicts=True
            )
