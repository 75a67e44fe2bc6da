"""What a module declares to import a model: formats, and how a line's values find their row.

A resource may name an importer (`importer = CompanyImporter`) for layouts that it knows: their files need no mapping.
Every other file is mapped on screen, see core.importing.mapped.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Field as ModelField
from django.db.models import Model, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.display import plain
from core.importing.reading import FileError, Line

if TYPE_CHECKING:
    from core.importing.reach import Reach

_NEARLY = 8  # columns of a known layout that make a file one of its kind, though others are missing


@dataclass(slots=True)
class Draft:
    """One line on its way. `values` holds only what the file gives: an empty cell blanks nothing.

    `keys` may each occur once in a file. `facts` is the format's own business.
    """

    line: Line
    values: dict[str, Any] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)  # why it is refused
    warnings: list[tuple[str, str]] = field(default_factory=list)  # (said of the line, said of all such lines)
    row: Model | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    extra: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # changes beside the row's columns
    outcome: str = ""
    pk: Any = None  # of the row, once written

    def refuse(self, reason: str) -> None:
        self.outcome = "refused"
        self.reasons.append(reason)


class Format:
    """A layout of columns. Names of columns are compared without regard to case; their order is free."""

    name: ClassVar[str] = ""
    label: ClassVar[str] = ""
    hint: ClassVar[str] = ""
    required: ClassVar[Sequence[str]] = ()
    optional: ClassVar[Sequence[str]] = ()

    def fill(self, draft: Draft, cells: Mapping[str, str]) -> None:
        """Set the draft's values and keys from the cells by column; refuse it where they make no sense."""
        raise NotImplementedError

    def known(self) -> dict[str, str]:
        """{folded name: name} of every column that the format reads."""
        return {name.casefold(): name for name in (*self.required, *self.optional)}


class Importer:
    """One pass over one file: the state that it keeps between lines is the subclass's, on the instance."""

    model: ClassVar[type[Model]]
    formats: ClassVar[Sequence[type[Format]]] = ()
    # Where the word of people wins over the file's: a value that somebody typed is kept.
    typed_wins: ClassVar[Sequence[str]] = ()
    # Values of a created row that the file does not give.
    initial: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, header: Sequence[str]) -> None:
        """Raises FileError when no format has these columns."""
        self.format = self._recognise({name.casefold() for name in header})
        names = self.format.known()
        self.columns = [
            (index, names[name.casefold()]) for index, name in enumerate(header) if name.casefold() in names
        ]
        present = {name for _index, name in self.columns}
        self.absent = [name for name in self.format.optional if name not in present]
        self.begin()

    def begin(self) -> None:
        """The state of a pass."""
        self.hidden: frozenset[str] = frozenset()  # fields that the person who imports may not change
        self.writes = False  # whether this pass writes, or only says what would be done
        self.reach: Reach | None = None  # what the people who import may touch; None is everything
        self._seen: dict[str, int] = {}
        self._touched: dict[Any, int] = {}

    @classmethod
    def knows(cls, header: Sequence[str]) -> bool:
        """Whether the columns are those of a known layout, or so nearly that it is worth saying what is missing."""
        names = {name.casefold() for name in header}
        return any(
            names.issuperset(map(str.casefold, format_.required))
            or len(names & {name.casefold() for name in (*format_.required, *format_.optional)}) >= _NEARLY
            for format_ in cls.formats
        )

    # --- for subclasses -------------------------------------------------------------------------------------------
    def load(self, drafts: Sequence[Draft], rows: QuerySet) -> None:
        """Fetch what `match` and `complete` need for these drafts: a constant number of queries on `rows`."""

    def match(self, draft: Draft) -> Model | None:
        """The row that the draft is about, or None to create one. May refuse the draft."""
        raise NotImplementedError

    def complete(self, draft: Draft) -> None:
        """Called once `draft.row` is known: last values, warnings, refusals."""

    def title(self, draft: Draft) -> str:
        """How the report names the line."""
        return str(draft.row) if draft.row is not None else next(map(str, draft.values.values()), "")

    def shown(self, name: str, value: Any) -> str:
        """A value as the report shows it."""
        return plain(self.fields[name], value)

    def told(self, name: str, before: Any, after: Any) -> list[dict[str, str]]:
        """A change as the report tells it: mostly one, several for a column that holds many values."""
        return [{"label": self.label(name), "before": self.shown(name, before), "after": self.shown(name, after)}]

    def label(self, name: str) -> str:
        return capfirst(str(self.fields[name].verbose_name))

    def before_write(self, drafts: Sequence[Draft]) -> None:
        """In the pass that writes, before the rows: what they need first."""

    def after_write(self, drafts: Sequence[Draft]) -> None:
        """In the pass that writes, after the rows: what is kept beside them. `draft.pk` is known by then."""

    wants_pks: ClassVar[bool] = False  # whether after_write needs the keys of created rows

    # --- for the engine -------------------------------------------------------------------------------------------
    def draft(self, line: Line) -> Draft:
        """The line's values, checked by the model's own field validators.

        Field by field rather than a form or full_clean() a line: those cost some 0.4 ms, this a tenth. What only the
        whole row shows is refused by the format, or by the database's constraints at the time of writing.
        """
        draft = Draft(line)
        if line.problem:
            draft.refuse(line.problem)
            return draft
        self.format.fill(draft, {name: line.cells[index].strip() for index, name in self.columns})
        self._withhold(draft)
        for name, value in draft.values.items():
            for message in self._check(name, value):
                draft.refuse(message)
        return draft

    def decide(self, draft: Draft) -> None:
        """Find the row, complete the values, and tell what differs. Call in the order of the lines."""
        if draft.reasons or self._repeats(draft):
            return
        draft.row = self.match(draft)
        if not draft.reasons:
            self.complete(draft)
            self._withhold(draft)
        if draft.row is not None and draft.row.pk in self._touched:
            draft.refuse(_("Concerne la même fiche que la ligne %d.") % self._touched[draft.row.pk])
        if draft.row is None and not draft.reasons:
            self._require(draft)
        if draft.reasons:
            return
        self._seen.update(dict.fromkeys(draft.keys, draft.line.number))
        if draft.row is None:
            draft.outcome = "created"
            return
        self._touched[draft.row.pk] = draft.line.number
        draft.changes = {
            name: (old, value)
            for name, value in draft.values.items()
            if (old := getattr(draft.row, self.fields[name].attname)) != value
        }

    @cached_property
    def fields(self) -> dict[str, ModelField]:
        return {field_.name: field_ for field_ in self.model._meta.concrete_fields}

    def _withhold(self, draft: Draft) -> None:
        for name in self.hidden & draft.values.keys():
            del draft.values[name]
            said = _("%s : vous n’avez pas le droit de changer cette valeur, elle est ignorée.") % self.label(name)
            draft.warnings.append((said, said))

    def _repeats(self, draft: Draft) -> bool:
        for key in draft.keys:
            if key in self._seen:
                draft.refuse(_("Déjà présent dans ce fichier, à la ligne %d.") % self._seen[key])
                return True
        return False

    @cached_property
    def _needed(self) -> list[ModelField]:
        return [
            field_
            for field_ in self.fields.values()
            if not (field_.blank or field_.null or field_.has_default() or field_.has_db_default())
            and field_.editable
            and not field_.primary_key
        ]

    def _require(self, draft: Draft) -> None:
        for field_ in self._needed:
            if not draft.values.get(field_.name):
                draft.refuse(_("%s : cette valeur manque.") % capfirst(str(field_.verbose_name)))

    @cached_property
    def _check(self):
        """(field name, value) → messages. Most lines repeat their city, activity and state: kept."""

        @lru_cache(maxsize=8192)
        def check(name: str, value: Any) -> tuple[str, ...]:
            field_ = self.fields[name]
            try:
                field_.clean(value, None)
            except ValidationError as error:
                return tuple(_labelled(str(field_.verbose_name), error.messages))
            return ()

        return check

    def _recognise(self, header: set[str]) -> Format:
        formats = [format_() for format_ in self.formats]
        for format_ in formats:
            if header.issuperset(name.casefold() for name in format_.required):
                return format_
        nearest = max(formats, key=lambda format_: len(header & format_.known().keys()))
        labels = ", ".join(str(format_.label) for format_ in formats)
        if len(header & nearest.known().keys()) < 2:
            raise FileError(
                _("Ces colonnes ne sont celles d’aucun format connu (%s). Envoyez un de ces fichiers, avec ses titres.")
                % labels
            )
        missing = ", ".join(name for name in nearest.required if name.casefold() not in header)
        raise FileError(
            _(
                "Format reconnu : %(format)s. Colonnes manquantes : %(missing)s. Renvoyez le fichier d’origine, "
                "avec ces colonnes."
            )
            % {"format": nearest.label, "missing": missing}
        )


def _labelled(label: str, messages: Iterable[str]) -> Iterable[str]:
    """Django's own messages do not name the field; ours do."""
    for message in messages:
        yield message if label.casefold() in message.casefold() else f"{capfirst(label)} : {message}"
