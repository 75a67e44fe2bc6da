"""What the person who imports may touch: the rows, the owners and the fields of their screens, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core.accounts.access import Level, Scope
from core.accounts.models import User
from core.importing.importer import Draft
from core.importing.reading import FileError
from core.models import ImportBatch

if TYPE_CHECKING:
    from core.resource import Resource


@dataclass(frozen=True)
class Reach:
    """The reach that several people have in common: who sent the file, and who confirms it.

    Nobody at all is the vendor's command, which a written request covers (R01): it reaches everything.
    """

    resource: type[Resource]
    people: tuple[User, ...] = ()

    @classmethod
    def of(cls, resource: type[Resource], *people: User | None) -> Reach:
        """Raises FileError when one of them may not write there (any more)."""
        known = tuple(dict.fromkeys(person for person in people if person is not None))
        for person in known:
            if not resource.may(person, Level.WRITE):
                raise FileError(_("%s n’a pas (ou plus) le droit d’importer ici : rien n’a été changé.") % person)
        return cls(resource, known)

    @property
    def hidden(self) -> frozenset[str]:
        return frozenset().union(*(self.resource.hidden_from(person) for person in self.people))

    def settle(self, drafts: Sequence[Draft]) -> None:
        """Refuse the lines that touch rows out of reach, or give a row away; what is created goes to who imports.

        One query a person, and none for those who reach every row.
        """
        for person in self.people:
            scope = self.resource.scope(person, Level.WRITE)
            if scope is not Scope.ALL:
                self._refuse_foreign(drafts, self.resource.rows(person, Level.WRITE))
                self._keep_owners(drafts, person, scope)

    def _refuse_foreign(self, drafts: Sequence[Draft], rows: QuerySet) -> None:
        found = [draft.row.pk for draft in drafts if draft.row is not None]
        within = set(rows.filter(pk__in=found).values_list("pk", flat=True))
        for draft in drafts:
            if draft.row is not None and draft.row.pk not in within:
                draft.row, draft.changes = None, {}  # neither its name nor its values go to the report
                draft.refuse(_("Une fiche existe déjà pour cette ligne, et elle n’est pas parmi les vôtres."))

    def _keep_owners(self, drafts: Sequence[Draft], person: User, scope: Scope) -> None:
        owner = self.resource.owner()
        if "__" in owner:
            raise FileError(_("L’import est réservé ici aux personnes qui voient toutes les fiches."))
        allowed: set[Any] = {person.pk} if scope is Scope.OWN else {*person.team_people, None}
        for draft in drafts:
            if draft.outcome == "created":
                draft.values.setdefault(owner, person.pk)
            value = draft.values.get(owner, person.pk)
            if draft.outcome != "refused" and getattr(value, "pk", value) not in allowed:
                draft.refuse(_("Le responsable n’est ni vous, ni de votre équipe."))


def batches_for(resources: dict[str, type[Resource]], person: User) -> QuerySet[ImportBatch]:
    """One's own imports into these lists, and all of a list of which one sees every row and every field.

    A report quotes lines and former values: it is no way round the scopes and the sensitive fields.
    """
    whole = [
        label
        for label, resource in resources.items()
        if resource.scope(person, Level.WRITE) is Scope.ALL and not resource.hidden_from(person)
    ]
    return ImportBatch.objects.filter(Q(resource__in=whole) | Q(actor=person), resource__in=list(resources))
