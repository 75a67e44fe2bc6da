"""A backup as a ZIP that its client opens without us: CSV for people, JSON for programs, the files, and what all is.

Made of a backup restored beside: proven, and with every erasure since done again. A person gets no more of it than on
screen: the lists that they may take out and see whole, without the fields they may not see. HR lists ask for a
designation too (R18). Secrets and the software's own working tables are in no archive.
"""

import csv
import datetime as dt
import hashlib
import io
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context

from backups.engine.media import blob_key
from backups.errors import Damaged
from backups.reach import Reach, tables_of
from backups.restoring import Beside
from backups.rows import Model
from core.accounts.models import User
from core.custom.column import NAME as CUSTOM
from core.custom.column import is_key
from core.custom.definitions import field_of, fields_of
from core.exporting.formulas import neutral
from core.models import Attachment, Event, Note, Tag, Tagging

Advance = Callable[[int], None]
_BATCH = 2000
_PEOPLE = ("id", "email", "first_name", "last_name", "is_active")  # of accounts, never what opens them
_ATTACHED: tuple[Model, ...] = (Note, Attachment, Tagging)


@dataclass
class Made:
    """`parts`: of each list, by its key: rows, bytes and SHA-256 of its CSV, and its columns."""

    rows: int = 0
    files: int = 0
    parts: dict[str, tuple[int, int, str, list[str]]] = field(default_factory=dict)


def write(target: IO[bytes], found: Beside, reach: Reach, live: str, advance: Advance) -> Made:
    """The archive of a backup that is restored beside. `advance(n)`: n more rows or files are in it.

    `live`: the client's own schema, which knows its custom fields. Raises Damaged.
    """
    return _Archive(target, found, reach, live, advance).write()


class _Archive:
    def __init__(
        self, target: IO[bytes], found: Beside, reach: Reach, live: str, advance: Callable[[int], None]
    ) -> None:
        self.found, self.advance, self.live = found, advance, live
        self.reach = reach
        self.labels = [resource.key() for resource in self.reach.lists]
        self.hidden = reach.hidden
        self.zip = ZipFile(target, "w", ZIP_DEFLATED, compresslevel=6)
        self.made, self.told, self.sums = Made(), dict[str, Any](), list[str]()
        self._counted = 0

    def write(self) -> Made:
        with self.zip:
            for model in tables_of(self.reach):
                self._table(model, model._base_manager.order_by("pk"))
            for model in _ATTACHED:
                self._table(model, self._attached(model))
            self._table(Tag, Tag._base_manager.order_by("pk"))
            self._table(User, User._base_manager.order_by("pk"), only=_PEOPLE)
            self._history()
            self._files()
            self._part("description.json", [json.dumps(self.told, ensure_ascii=False, indent=1)])
            self._part("LISEZMOI.txt", [_readme(self.found, self.reach, self.told)])
            self._part("SHA256SUMS", ["".join(self.sums)])
        return self.made

    def _attached(self, model: Model) -> models.QuerySet:
        rows = model._base_manager.filter(model__in=self.labels).order_by("pk")
        if model is Attachment:
            return rows.filter(deleted_at=None)
        return rows.filter(active=True) if model is Tagging else rows

    def _table(self, model: Model, rows: models.QuerySet, only: Iterable[str] = ()) -> None:
        """Twice: as CSV for people, as JSON for programs, a line a row."""
        table = _Table(model, self.hidden.get(model, frozenset()), self.live, only)
        part = self._part(f"tables/{table.label}.csv", self._sheet(table, rows))
        count = self._counted
        self._part(f"tables/{table.label}.jsonl", map(table.as_json, _read(rows, table.names)))
        self.told[table.label] = {**table.told, "rows": count}
        self.made.rows += count
        if table.label in self.labels:
            self.made.parts[table.label] = (count, *part, table.columns)

    def _sheet(self, table: "_Table", rows: models.QuerySet) -> Iterator[str]:
        self._counted = 0
        yield "\ufeff" + _csv([table.heads])
        for batch in _batches(_read(rows, table.names)):
            yield _csv(map(table.cells, batch))
            self._counted += len(batch)
            self.advance(len(batch))

    def _history(self) -> None:
        events = Event._base_manager.filter(model__in=self.labels).select_related("values").order_by("pk")
        hidden = {model._meta.label_lower: _columns_of(model, names) for model, names in self.hidden.items()}
        self._part("history.jsonl", (_event(event, hidden[event.model]) for event in events.iterator(_BATCH)))

    def _files(self) -> None:
        """Under the path that `tables/core.attachment` gives. Raises Damaged for one that is not what was stored."""
        wanted = set(self._attached(Attachment).values_list("file", flat=True))
        for file in self.found.files:
            if file.path not in wanted:
                continue
            key = blob_key(self.found.made.blobs, file.blob)
            _size, digest = self._part(f"files/{file.path}", self.found.vault.open(key))
            if digest != file.sha256:
                raise Damaged(_("Le fichier « %(path)s » de la sauvegarde est abîmé.") % {"path": file.path})
            self.made.files += 1
            self.advance(1)

    def _part(self, name: str, blocks: Iterable[str] | Iterable[bytes]) -> tuple[int, str]:
        """One file of the archive; its size and SHA-256."""
        digest, size = hashlib.sha256(), 0
        entry = ZipInfo(name, timezone.localtime().timetuple()[:6])
        entry.compress_type = ZIP_DEFLATED
        with self.zip.open(entry, "w", force_zip64=True) as target:
            for block in blocks:
                data = block.encode() if isinstance(block, str) else block
                target.write(data)
                digest.update(data)
                size += len(data)
        self.sums.append(f"{digest.hexdigest()}  {name}\n")
        return size, digest.hexdigest()


class _Table:
    """How the rows of a model are written, without what may not be seen of them."""

    def __init__(self, model: Model, hidden: Collection[str], live: str, only: Iterable[str]) -> None:
        self.label, self.hidden = model._meta.label_lower, hidden
        with schema_context(live):
            self.own = [one for one in fields_of(model) if one.name not in hidden]
        seen = [one for one in model._meta.concrete_fields if not one.generated and one.name not in hidden]
        self.fields = [one for one in seen if one.column != CUSTOM and (not only or one.name in only)]
        self.custom = len(self.fields) < len(seen) and not only
        self.names = [one.attname for one in self.fields] + ([CUSTOM] if self.custom else [])
        self.columns = [one.name for one in (*self.fields, *self.own)]
        self.heads = [neutral(_head(one)) for one in (*self.fields, *self.own)]

    def cells(self, row: tuple[Any, ...]) -> list[Any]:
        own = row[-1] if self.custom else {}
        plain = row[: len(self.fields)]
        return [*map(_cell, plain), *(neutral(one.text(own.get(one.name))) for one in self.own)]

    def as_json(self, row: tuple[Any, ...]) -> str:
        said = dict(zip(self.names, row, strict=True))
        if self.custom:
            said[CUSTOM] = {key: value for key, value in said[CUSTOM].items() if key not in self.hidden}
        return json.dumps(said, ensure_ascii=False, cls=DjangoJSONEncoder) + "\n"

    @property
    def told(self) -> dict[str, Any]:
        """What `description.json` says of the table."""
        return {
            "fields": {one.attname: _described(one) for one in self.fields},
            "custom": {one.name: str(one.verbose_name) for one in self.own},
        }


def _read(rows: models.QuerySet, names: list[str]) -> Iterator[tuple[Any, ...]]:
    return rows.values_list(*names).iterator(_BATCH)


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _described(one: models.Field) -> dict[str, Any]:
    said: dict[str, Any] = {"label": str(one.verbose_name), "type": one.get_internal_type()}
    if one.related_model is not None:
        said["refers_to"] = one.related_model._meta.label_lower
    if one.choices:
        said["choices"] = {str(value): str(text) for value, text in one.flatchoices}
    return said


def _head(one: models.Field) -> str:
    name = capfirst(str(one.verbose_name))
    return _("%(name)s (n°)") % {"name": name} if one.related_model is not None else name


def _csv(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """As our exports write it: what a spreadsheet would take for a formula is made harmless."""
    if isinstance(value, bool):
        return _("Oui") if value else _("Non")
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, list | dict):
        return neutral(json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder))
    return neutral(value) if isinstance(value, str) else value


def _columns_of(model: Model, names: Iterable[str]) -> frozenset[str]:
    """The names that the history gives to fields."""
    return frozenset(name if is_key(name) else str(field_of(model, name).column) for name in names)


def _event(event: Event, hidden: frozenset[str]) -> str:
    values = getattr(event, "values", None)
    said = {
        "at": event.at, "by": event.actor_name, "what": event.kind, "table": event.model, "id": event.object_id,
        "fields": [name for name in event.fields if name not in hidden],
    }  # fmt: skip
    for side in ("before", "after"):
        known = getattr(values, side, None) or {}
        said[side] = {name: value for name, value in known.items() if name not in hidden}
    return json.dumps(said, ensure_ascii=False, cls=DjangoJSONEncoder) + "\n"


def _readme(found: Beside, reach: Reach, told: dict[str, Any]) -> str:
    """What the archive is, how to read it, and what is not in it."""
    lines = [
        _("Sauvegarde n° %(seq)s, prise le %(taken_at)s (UTC)") % found.made.raw,
        "",
        _("tables/….csv : une ligne par fiche, pour un tableur (UTF-8, point-virgule ; une apostrophe devant un texte "
          "que le tableur prendrait pour une formule)."),
        _("tables/….jsonl : les mêmes, exactes, pour un programme : un objet JSON par ligne."),
        _("description.json : ce que veut dire chaque colonne. history.jsonl : qui a changé quoi, et quand."),
        _("files/ : les fichiers joints, sous le nom que leur donne tables/core.attachment (colonne file)."),
        _("SHA256SUMS : « sha256sum -c SHA256SUMS » dit si l’archive est intacte."),
        "",
        *(f"{table['rows']:>9}  {label}" for label, table in told.items()),
        "",
        _("Effacements et rectifications demandés depuis par des personnes : déjà appliqués."),
        _("Jamais dans une archive : mots de passe et seconds facteurs, clés d’interface, courriels partis, sessions."),
        *(_("Sans « %(list)s » : %(why)s.") % {"list": name, "why": why} for name, why in reach.withheld),
        *(_("Sans le champ %(field)s : vous ne pouvez pas le voir.") % {"field": name} for name in reach.silent),
    ]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"
