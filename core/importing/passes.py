"""A pass over the file of a batch: opened as its layout says, read by the importer that it calls for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from core.importing import engine
from core.importing.engine import Factory, Progress
from core.importing.importer import Importer
from core.importing.mapped import MappedImporter, targets_for
from core.importing.plan import Plan
from core.importing.reach import Reach
from core.importing.reading import FileError, Layout, Source, open_source
from core.importing.report import Report
from core.importing.values import Evidence, Style

if TYPE_CHECKING:
    from core.accounts.models import User
    from core.models import ImportBatch
    from core.resource import Resource

_STYLED = ("date", "moment", "number")


@contextmanager
def source_of(batch: ImportBatch) -> Iterator[Source]:
    with batch.file.open("rb") as file:
        yield open_source(plain_file(file), batch.size, Layout.of(batch.layout))


def plain_file(file: Any) -> IO[bytes]:
    """The file under Django's wrappers, whose every call costs."""
    while hasattr(file, "file") and hasattr(file.file, "read"):
        file = file.file
    return file


def run(
    batch: ImportBatch,
    resource: type[Resource],
    people: Sequence[User],
    *,
    writes: bool = False,
    refused: IO[bytes] | None = None,
    lines: IO[bytes] | None = None,
    progress: Progress | None = None,
    heard: Any = None,
) -> Report:
    """Raises FileError. With `writes`, see core.importing.engine.run."""
    reach = Reach.of(resource, *people)
    make, notes = factory_of(batch, resource, reach.people)
    with source_of(batch) as source:
        source.notes.extend(notes)
        return engine.run(
            make, source, writes=writes, refused=refused, lines=lines, progress=progress, reach=reach, heard=heard
        )


def factory_of(batch: ImportBatch, resource: type[Resource], people: Sequence[User]) -> tuple[Factory, list[str]]:
    """What makes the importer, and remarks about how columns are read."""
    if not batch.plan:
        return known_importer(resource), []
    plan = Plan.of(batch.plan)
    styles, notes = _styles(batch, resource, plan, people)

    def make(header: Sequence[str]) -> Importer:
        return MappedImporter(
            resource, plan.fitted(header), header, people, [styles.get(name, Style()) for name in header]
        )

    return make, notes


def known_importer(resource: type[Resource]) -> type[Importer]:
    """Raises FileError."""
    if resource.importer is None:
        raise FileError(_("Dites d’abord ce que contient chaque colonne du fichier."))
    return resource.importer


def _styles(
    batch: ImportBatch, resource: type[Resource], plan: Plan, people: Sequence[User]
) -> tuple[dict[str, Style], list[str]]:
    """How each column of dates or figures writes, by all its rows; and what is told of it."""
    known = targets_for(resource, people)
    styled = {
        column.name: column
        for column in plan.columns
        if column.target in known and known[column.target].kind in _STYLED
    }
    if not styled:
        return {}, []
    evidence = {name: Evidence() for name in styled}
    with source_of(batch) as source:
        places = [(index, evidence[name]) for index, name in enumerate(source.header) if name in styled]
        for line in source:
            if not line.problem:
                for index, found in places:
                    if line.cells[index]:
                        found.feed(line.cells[index])
    styles = {name: evidence[name].style(column.order, column.decimal) for name, column in styled.items()}
    return styles, [
        note for name, column in styled.items() for note in _told(name, evidence[name], styles[name], column)
    ]


def _told(name: str, evidence: Evidence, style: Style, column: Any) -> Iterator[str]:
    read = _("jour/mois/année") if style.order == "dmy" else _("mois/jour/année")
    if evidence.doubtful_dates and not column.order:
        yield _("Dates de « %(column)s » : ordre incertain, elles sont lues %(order)s. Changez-le au besoin.") % {
            "column": name, "order": read,
        }  # fmt: skip
    elif evidence.dates and style.order == "mdy":
        yield _("Dates de « %(column)s » : lues %(order)s.") % {"column": name, "order": read}
    if evidence.doubtful_figures and not column.decimal:
        yield _("Nombres de « %(column)s » : « %(mark)s » y est lu comme la virgule des décimales. Changez-le si c’est "
                "faux.") % {"column": name, "mark": style.decimal}  # fmt: skip
