"""One pass over a file, by chunks: read, find the rows, decide, and (when asked) write."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import IO

from django.db.models import QuerySet

from core.importing.guard import Guard
from core.importing.importer import Draft, Importer
from core.importing.reach import Reach
from core.importing.reading import Line, Source
from core.importing.report import Recorder, Report
from core.importing.writing import write
from core.models import Event

CHUNK = 1000  # lines; the queries of a chunk do not depend on how many lines it has

Progress = Callable[[int, int], None]  # percents of the file, lines read so far


Factory = Callable[[Sequence[str]], Importer]  # takes the titles


def run(
    make: Factory,
    source: Source,
    *,
    writes: bool = False,
    refused: IO[bytes] | None = None,
    lines: IO[bytes] | None = None,
    progress: Progress | None = None,
    heard: Callable[[Draft], None] | None = None,
    reach: Reach | None = None,
) -> Report:
    """Pass over a file and say what was, or would be, done.

    With `writes`, call it in a transaction, under the author of core.audit: both passes take the same decisions,
    except for lines that the database itself refuses. `heard` gets every draft. `reach`: what the
    person who imports may touch; None is everything. Raises FileError.
    """
    importer = make(source.header)
    importer.reach, importer.writes = reach, writes
    importer.hidden = reach.hidden if reach else frozenset()
    recorder = Recorder(importer, source, refused, lines)
    guard = Guard(importer)
    rows = importer.model._default_manager.all()
    if writes:
        rows = rows.select_for_update(of=("self",)).order_by("pk")
    count = 0
    for chunk in _chunks(source):
        count += len(chunk)
        drafts = _decide(importer, chunk, rows, reach)
        guard.judge(drafts)
        if writes:
            importer.before_write(drafts)
            write(importer, drafts)
            importer.after_write(drafts)
        for draft in drafts:
            recorder.add(draft)
            if heard is not None:
                heard(draft)
        if progress is not None:
            progress(source.progress, count)
    return recorder.report()


def _chunks(source: Iterable[Line]) -> Iterable[list[Line]]:
    lines = iter(source)
    while chunk := list(itertools.islice(lines, CHUNK)):
        yield chunk


def _decide(importer: Importer, lines: Sequence[Line], rows: QuerySet, reach: Reach | None) -> list[Draft]:
    drafts = [importer.draft(line) for line in lines]
    importer.load([draft for draft in drafts if not draft.reasons], rows)
    for draft in drafts:
        importer.decide(draft)
    if reach is not None:
        reach.settle(drafts)
    _keep_typed(importer, drafts)
    for draft in drafts:
        if not draft.outcome:
            draft.outcome = "updated" if draft.changes or draft.extra else "skipped"
    return drafts


def _keep_typed(importer: Importer, drafts: Sequence[Draft]) -> None:
    """Drop the changes to values that people typed, where the importer says that theirs win.

    The history tells: the last event that touched the field was an import, or it was not. One query a field, and none
    when nothing differs.
    """
    for name in importer.typed_wins:
        differing = {
            draft.row.pk: draft
            for draft in drafts
            if draft.row is not None and name in draft.changes and not draft.facts.get(f"replace_{name}")
        }
        if not differing:
            continue
        last = (
            Event.objects.filter(
                model=importer.model._meta.label_lower,
                object_id__in=list(differing),
                fields__contains=[importer.fields[name].column],
            )
            .order_by("object_id", "-id")
            .distinct("object_id")
        )
        imported = {
            pk for pk, operation in last.values_list("object_id", "operation") if operation.startswith("import:")
        }
        for pk, draft in differing.items():
            if pk not in imported:
                del draft.changes[name]
