"""The generic importer: a file whose columns a person mapped (core.importing.plan), for any resource with a form.

One line of the file is judged as one form would be: the form's fields and the model's, prepared once and their answers
kept; the form's own `clean` and `clean_x`, run on one form for the whole file (core.importing.rules); the database's
constraints, asked for a thousand lines at once (core.importing.guard).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, Model, QuerySet
from django.utils.translation import gettext as _

from core.exporting.formulas import restored
from core.importing import parsers
from core.importing.importer import Draft, Format, Importer
from core.importing.keys import Key
from core.importing.lookups import RowFinder
from core.importing.plan import Mode, Plan
from core.importing.reading import Line
from core.importing.rules import Rules
from core.importing.tagging import TagKeeper
from core.importing.targets import FULL_NAME, NAMES, TAGS, Target, everybody, targets
from core.importing.values import Style
from core.importing.words import FRANCE, POSTCODE, is_country
from core.search import for_database
from core.text import fold

if TYPE_CHECKING:
    from core.accounts.models import User
    from core.resource import Resource

_KEPT = 4096  # values of a column whose answer is kept
_FORMULA = ("=", "+", "-", "@")
_FIGURE = frozenset("0123456789 .,()\u00a0\u202f-")
_SHOWN = 5


class Mapped(Format):
    """The layout that a person made on screen."""

    name = "mapped"
    label = "Colonnes choisies"


class MappedImporter(Importer):
    """`people`: who sends the file and who confirms it; nobody is the vendor's command. `styles`: by column."""

    def __init__(
        self,
        resource: type[Resource],
        plan: Plan,
        header: Sequence[str],
        people: Sequence[User],
        styles: Sequence[Style],
    ) -> None:
        self.resource, self.plan, self.people = resource, plan, people
        self.model = resource.model  # type: ignore[misc]
        self.format = Mapped()
        self.absent: list[str] = []
        self.begin()
        known = targets_for(resource, people)
        self.person = people[0] if people else everybody_here(resource)
        self.columns_of: list[tuple[int, Target, Callable[[str], Any]]] = []
        for index, column in enumerate(plan.columns):
            target = known.get(column.target)
            if target is not None:
                self.columns_of.append((index, target, _kept(target, styles[index])))
        self.targets = {target.name: target for _index, target, _parse in self.columns_of}
        self._by_column = {target.column: target for target in self.targets.values() if not target.part}
        self._parts = [target for target in self.targets.values() if target.part]
        self.finders = {
            name: RowFinder(target.model, people) for name, target in self.targets.items() if target.model is not None
        }
        self.creatable = {name for name, finder in self.finders.items() if finder.may_create()}
        self.create = self.creatable & set(plan.create)
        self.key = Key(resource, plan.key, {name: known[name] for name in plan.targets if name in known}, people)
        self.is_people = known.keys() >= set(NAMES)
        self.country = next((index for index, title in enumerate(header) if is_country(title)), None)
        self.rules = Rules(resource, self.person)
        self.tagging = TagKeeper(resource.key()) if TAGS in self.targets else None
        self.wants_pks = self.tagging is not None  # type: ignore[misc]

    # --- a line ------------------------------------------------
    def draft(self, line: Line) -> Draft:
        draft = Draft(line)
        if line.problem:
            draft.refuse(line.problem)
            return draft
        draft.warnings.extend(line.remarks)
        cells, values, parts = line.cells, draft.values, None
        for index, target, parse in self.columns_of:
            text = cells[index]
            if not text or text.isspace():
                continue
            if text[0] in "'=+-@":
                text = self._unarmed(draft, target, text)
            value = parse(text)
            if type(value) is _Refused:
                self._refuse(draft, target, text, value)
            elif target.part:
                parts = draft.facts.setdefault("parts", {})
                parts.setdefault(target.column, {})[target.part] = value
            elif target.column:
                values[target.column] = value
            else:
                draft.facts[target.name] = value
        if self.is_people:
            self._name(draft)
        if len(values.get(POSTCODE, "")) == 4:
            self._lengthen(draft)
        draft.keys = self._key_of(draft)
        return draft

    def _refuse(self, draft: Draft, target: Target, text: str, refused: _Refused) -> None:
        said = f"{target.label} : {refused.text}"
        if not (refused.is_unknown and target.may_be_left):
            draft.refuse(said)
        elif target.name not in self.plan.blank:
            advice = _("Ou cochez « %s : laisser vide ce qui est inconnu » avec les colonnes.") % target.label
            draft.refuse(f"{said} {advice}")
        else:
            draft.warnings.append(
                (_("%(label)s : « %(text)s » n’est personne ici, laissé de côté.") % {
                    "label": target.label, "text": text[:60]},
                 _("%s : noms inconnus ici, laissés de côté") % target.label)
            )  # fmt: skip

    def _name(self, draft: Draft) -> None:
        """A full name is for who has neither name of their own."""
        values, (first, last) = draft.values, NAMES
        whole = draft.facts.pop(FULL_NAME, None)
        if whole is not None and not (values.get(first) or values.get(last)):
            values.update((name, text) for name, text in zip(NAMES, whole, strict=True) if text)
        if not values.get(last):
            draft.facts["called"] = values.get(first) or values.get("company") or ""

    def _unarmed(self, draft: Draft, target: Target, text: str) -> str:
        """Without the apostrophe that keeps a spreadsheet from running a cell; what looks like a formula is told."""
        text = restored(text)
        if text[0] in _FORMULA and target.kind == "text" and not _FIGURE.issuperset(text[1:]) and text != "-":
            said = _("%s : ressemble à une formule, gardée comme du texte.") % target.label
            draft.warnings.append((said, said))
        return text

    def _key_of(self, draft: Draft) -> tuple[str, ...]:
        if self.plan.mode == Mode.CREATE and self.key.parts and not self.key.is_unique:
            return ()  # people of one name are several people
        value = self.key.value(draft)
        return (repr(value),) if value is not None else ()

    # --- its row ------------------------------------------------
    def load(self, drafts: Sequence[Draft], rows: QuerySet) -> None:
        for name, finder in self.finders.items():
            finder.load(draft.values[name] for draft in drafts if isinstance(draft.values.get(name), str))
        for draft in drafts:
            self._resolve(draft)
        found = self.key.load(drafts, self._with_keys(rows))
        if self.tagging is not None:
            self.tagging.load([row.pk for row in found])

    def _with_keys(self, rows: QuerySet) -> QuerySet:
        """The rows that rules and lookups ask of each row, fetched with it."""
        if not (self.rules.asks or self.finders):
            return rows
        keys = [field for field in self.fields.values() if isinstance(field, ForeignKey) and field.name in self.asked]
        unread = [f"{key.name}__{name}" for key in keys for name in for_database(key.related_model)]
        related = rows.select_related(*(key.name for key in keys))
        return related.defer(*for_database(rows.model), *unread) if keys else rows

    @cached_property
    def asked(self) -> set[str]:
        return set(self.rules.fields) if self.rules.asks else set(self.finders)

    def match(self, draft: Draft) -> Model | None:
        value = self.key.value(draft)
        found = self.key.rows(value)
        if len(found) > 1:
            numbers = ", ".join(str(row.pk) for row in found[:_SHOWN])
            advice = _("fusionnez-les") if self.resource.duplicates else _("supprimez les doublons")
            draft.refuse(
                _("Plusieurs fiches répondent à « %(key)s » (n° %(numbers)s) : %(advice)s, ou reconnaissez les fiches "
                  "autrement.") % {"key": self.key.label, "numbers": numbers, "advice": advice}
            )  # fmt: skip
            return None
        if not found and (self.plan.mode == Mode.UPDATE or (self.key.is_number and value is not None)):
            draft.refuse(
                _("Aucune fiche ne répond à « %s ».") % self.key.label
                if value is not None
                else _("%s : vide, la fiche à mettre à jour ne peut pas être reconnue.") % self.key.label
            )
        return found[0] if found else None

    def complete(self, draft: Draft) -> None:
        if draft.row is not None and self.plan.mode == Mode.CREATE:
            draft.values = {}
            draft.facts.clear()
            return
        self._settle_lookups(draft)
        for column, parts in draft.facts.get("parts", {}).items():
            held = {**(getattr(draft.row, column, None) or {}), **parts}
            draft.values[column] = {
                key: value for key, value in held.items() if value is not None and value is not False
            }
        if draft.reasons:
            return
        if draft.row is None:
            if called := draft.facts.get("called"):
                self._call(draft, called)
            for target in self.required:
                if not self._is_given(draft, target):
                    draft.refuse(_("%s : cette valeur manque.") % target.label)
        if not draft.reasons:
            self.rules.judge(draft, self._instances(draft))
        if self.tagging is not None and not draft.reasons:
            self.tagging.judge(draft)

    def _call(self, draft: Draft, called: str) -> None:
        """Somebody with one name, or only a company, is called so, as a card is (reading/cards.py)."""
        first, last = NAMES
        if draft.values.get(first) == called:
            del draft.values[first]
        draft.values[last] = called[: self.fields[last].max_length]
        said = _("Sans nom de famille : la fiche porte le prénom, ou la société.")
        draft.warnings.append((said, said))

    def _lengthen(self, draft: Draft) -> None:
        """A French postcode that a spreadsheet took for a figure gets its zero back."""
        short = draft.values[POSTCODE]
        abroad = self.country is not None and fold(draft.line.cells[self.country]) not in FRANCE
        if not abroad and short.isascii() and short.isdigit() and short[0] != "0":
            draft.values[POSTCODE] = f"0{short}"
            label = self.targets[POSTCODE].label
            draft.warnings.append(
                (_("%(label)s : %(short)s lu 0%(short)s.") % {"label": label, "short": short},
                 _("%s : zéro de tête rétabli") % label)
            )  # fmt: skip

    @staticmethod
    def _is_given(draft: Draft, target: Target) -> bool:
        if target.part:
            return draft.facts.get("parts", {}).get(target.column, {}).get(target.part) is not None
        return draft.values.get(target.column) not in (None, "") or target.column in draft.facts.get("create", {})

    @cached_property
    def required(self) -> list[Target]:
        return [target for target in targets_for(self.resource, self.people).values() if target.required]

    def _require(self, draft: Draft) -> None:
        """Said by `complete`, in the words of the form."""

    # --- rows that the line names ------------------------------------------------
    def _resolve(self, draft: Draft) -> None:
        for name, finder in self.finders.items():
            text = draft.values.get(name)
            if isinstance(text, str):
                found = finder.find(text)
                if len(found) == 1:
                    draft.values[name] = found[0].pk
                else:
                    draft.facts.setdefault("unfound", {})[name] = (text, found)
                    del draft.values[name]

    def _settle_lookups(self, draft: Draft) -> None:
        for name, (text, found) in draft.facts.get("unfound", {}).items():
            kept = getattr(draft.row, name) if draft.row is not None else None
            if kept is not None and fold(str(kept)) == fold(text):
                continue  # a row that this person does not see, and that the line leaves as it is
            if not found and name in self.create:
                draft.facts.setdefault("create", {})[name] = text
                draft.warnings.append(self._told_new(self.targets[name].label, text[:80]))
            else:
                label = self.targets[name].label
                box = label if name in self.creatable else ""
                draft.refuse(f"{label} : {self.finders[name].refusal(text, found, box)}")

    def _told_new(self, label: str, text: str) -> tuple[str, str]:
        if self.writes:
            return (
                _("%(label)s : « %(text)s » a été créée.") % {"label": label, "text": text},
                _("%s : fiches qui ont été créées") % label,
            )
        return (
            _("%(label)s : « %(text)s » sera créée.") % {"label": label, "text": text},
            _("%s : fiches qui seront créées") % label,
        )

    def _instances(self, draft: Draft) -> dict[str, Model]:
        return {
            name: finder.rows_by_pk[pk]
            for name, finder in self.finders.items()
            if (pk := draft.values.get(name)) is not None and pk in finder.rows_by_pk
        }

    # --- writing ------------------------------------------------
    def before_write(self, drafts: Sequence[Draft]) -> None:
        """Create the rows that lines name and nobody has yet."""
        for name in self.create:
            finder = self.finders[name]
            wanting = [
                draft for draft in drafts
                if draft.outcome in ("created", "updated") and name in draft.facts.get("create", {})
            ]  # fmt: skip
            made: dict[str, Model] = {}
            for draft in wanting:
                text = draft.facts["create"][name]
                if fold(text) not in made:
                    made[fold(text)] = finder.model._default_manager.create(
                        **{finder.title_field.name: text}, **finder.owner_of_new()
                    )
                row = made[fold(text)]
                finder.forget(text)
                draft.values[name] = row.pk
                if draft.row is not None:
                    draft.changes[name] = (getattr(draft.row, self.fields[name].attname), row.pk)

    def after_write(self, drafts: Sequence[Draft]) -> None:
        if self.tagging is not None:
            self.tagging.write([draft for draft in drafts if draft.outcome in ("created", "updated")])

    # --- for the report ------------------------------------------------
    def title(self, draft: Draft) -> str:
        if draft.row is not None:
            return self.resource.title(draft.row)
        names: list[str] = [name for name in ("first_name", "last_name") if name in self.fields]
        names = names if len(names) == 2 else [self.resource.first_order().field.name]
        return " ".join(str(draft.values[name]) for name in names if draft.values.get(name)) or next(
            (cell for cell in draft.line.cells if cell), ""
        )

    def label(self, name: str) -> str:
        if name == TAGS:
            return str(_("Étiquettes"))
        return self._by_column[name].label if name in self._by_column else super().label(name)

    def told(self, name: str, before: Any, after: Any) -> list[dict[str, str]]:
        parts = [target for target in self._parts if target.column == name]
        if not parts:
            return super().told(name, before, after)
        held = [(target, (before or {}).get(target.part), after.get(target.part)) for target in parts]
        return [
            {"label": target.label, "before": "" if old is None else target.show(old), "after": target.show(new)}
            for target, old, new in held
            if old != new
        ]

    def shown(self, name: str, value: Any) -> str:
        if name == TAGS:
            return ", ".join(value)
        field = self.fields[name]
        if isinstance(field, ForeignKey) and value is not None:
            known = self.finders[name].rows_by_pk.get(value) if name in self.finders else None
            related: Any = field.related_model
            return str(known or related._default_manager.filter(pk=value).first() or value)
        return super().shown(name, value)


class _Refused:
    """Why a value is refused; kept beside the values that are not."""

    __slots__ = ("is_unknown", "text")

    def __init__(self, error: ValidationError) -> None:
        self.text = " ".join(error.messages)
        self.is_unknown = getattr(error, "code", "") == parsers.UNKNOWN


def _kept(target: Target, style: Style) -> Callable[[str], Any]:
    """The target's parser, with its answers kept: columns repeat their cities, states and people."""

    @lru_cache(maxsize=_KEPT)
    def parse(text: str) -> Any:
        try:
            return target.parse(text, style)
        except ValidationError as error:
            return _Refused(error)

    return parse


def targets_for(resource: type[Resource], people: Sequence[User]) -> dict[str, Target]:
    """The targets that all these people may fill, as the first of them sees them."""
    first, *others = people or [everybody_here(resource)]
    known = {target.name: target for target in targets(resource, first)}
    for other in others:
        names = {target.name for target in targets(resource, other)}
        known = {name: target for name, target in known.items() if name in names}
    return known


def everybody_here(resource: type[Resource]) -> User:
    return everybody(resource.sensitive.values())
