"""What a file holds: exactly the rows and the columns of a list, as one person sees it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.actions.saved_views import asked, views_of
from core.actions.tags import taggings_of
from core.columns import choosable, chosen, label_of
from core.custom.definitions import field_of
from core.exporting.values import NUMBER, TEXT, Out, Values, read_by, value_writer
from core.listing import Listing
from core.models import SavedView, Tagging
from core.resource import Col, Resource

BATCH = 2_000  # rows read, turned and written at once
ID, TAGS, _TAGS = "id", "tags", "_tags"


@dataclass
class Plan:
    """The rows that a query string lets through, or those ticked among them (`pks`); the list's columns, or all."""

    resource: type[Resource]
    user: User
    params: QueryDict
    pks: frozenset[int] | None = None
    everything: bool = False  # all the columns that the person may show
    names: Sequence[str] = ()  # of the columns, when they were settled before: see core.exporting.files

    @cached_property
    def _saved(self) -> list[SavedView]:
        return views_of(self.resource, self.user)

    @cached_property
    def listing(self) -> Listing:
        return Listing(self.resource, self.user, self.params, cols=self._cols, saved=self._saved)

    @cached_property
    def _cols(self) -> list[Col]:
        if self.everything:
            return list(choosable(self.resource, self.user).values())
        if self.names:
            known = choosable(self.resource, self.user)
            return [known[name] for name in self.names if name in known]
        view = next((view for view in self._saved if str(view.pk) == self.params.get("view")), None)
        return chosen(self.resource, self.user, view)

    @cached_property
    def found(self) -> QuerySet:
        """The rows, unordered."""
        rows = self.listing.filtered
        return rows if self.pks is None else rows.filter(pk__among=self.pks)

    def count(self, most: int) -> int:
        """How many rows, `most` + 1 meaning more. One query."""
        return self.found.order_by()[: most + 1].count()

    # --- columns --------------------------------------------------------------------------------------------------
    @cached_property
    def columns(self) -> list[Out]:
        """Those of the list, in their order. The first one, a title on the page, comes as the fields it is made of."""
        main, *others = self._cols
        parts = self._title_parts(main)
        label = self._plain_label(main.name) if parts else label_of(self.resource, main)
        outs = [self._out(main, label)]
        outs += [self._out(Col(name), self._plain_label(name)) for name in parts]
        outs += [self._out(col, label_of(self.resource, col)) for col in others if col.name not in parts]
        if self._numbered:
            outs.append(Out(ID, _("N° de fiche"), NUMBER, ("pk",)))  # by which an import knows the row again
        return [*outs, _tags_out()] if self._tagged else outs

    @property
    def _numbered(self) -> bool:
        return self.everything or ID in self.names

    def _title_parts(self, main: Col) -> list[str]:
        """The other fields of the title: a list of people says "Anne Riou", a file "Riou" and "Anne"."""
        known, model = choosable(self.resource, self.user), self.resource.model
        return [name for name in read_by(model, self.resource.title) if name in known and name != main.name]

    def _out(self, col: Col, label: str) -> Out:
        return value_writer(field_of(self.resource.model, col.name), label)

    def _plain_label(self, name: str) -> str:
        return capfirst(str(field_of(self.resource.model, name).verbose_name))

    @cached_property
    def _tagged(self) -> bool:
        """Whether some row bears a tag: then their column is on the list, after the others."""
        if self.names:
            return TAGS in self.names
        return taggings_of(self.resource.key(), self.found).exists()

    # --- rows -----------------------------------------------------------------------------------------------------
    @property
    def rows(self) -> QuerySet:
        """One tuple a row, of every column's paths. One query."""
        rows = self.listing.order.apply(self.found)
        if self._tagged:
            rows = rows.annotate(**{_TAGS: _tags_of(self.resource.key())})
        return rows.values_list(*(path for out in self.columns for path in out.paths))

    def batches(self) -> Iterator[list[Values]]:
        """The values column by column, BATCH rows at a time, through a cursor of the server."""
        read = self.rows.iterator(chunk_size=BATCH)
        while batch := list(islice(read, BATCH)):
            yield self._turned(batch)

    def _turned(self, batch: list[tuple]) -> list[Values]:
        given, place, turned = list(zip(*batch, strict=True)), 0, []
        for out in self.columns:
            values = given[place : place + len(out.paths)]
            place += len(out.paths)
            turned.append(out.take(*values) if out.take else values[0])
        return turned

    # --- what is said of it ----------------------------------------------------------------------------------------
    @property
    def kept_params(self) -> dict[str, list[str]]:
        """The query string in one spelling, the view among it."""
        view = self.listing.view
        return {**asked(self.params), **({"view": [str(view.pk)]} if view else {})}

    @cached_property
    def words(self) -> str:
        """The search, the filters and the order as a person would say them."""
        listing = self.listing
        said = [_("Vue : %s") % listing.view.name] if listing.view else []
        said += [_("Recherche : %s") % listing.q] if listing.q else []
        said += list(_filters(listing))
        order = listing.order
        name = order.field.name
        label = label_of(self.resource, next((col for col in self.resource.columns if col.name == name), Col(name)))
        said.append(_("Tri : %s, décroissant") % label if order.descending else _("Tri : %s") % label)
        return " · ".join(said)


def _filters(listing: Listing) -> Iterator[str]:
    bound = listing.bound
    for name in bound.filters:
        values = [value for value in bound.data.getlist(name) if value] if bound.data else []
        if values:
            field = bound.filters[name].field
            if hasattr(bound.filters[name], "words"):  # a bound of a custom field
                yield f"{field.label} : {bound.filters[name].words(bound.form.cleaned_data[name])}"
                continue
            labels = {str(value): str(label) for value, label in field.choices} if hasattr(field, "choices") else {}
            yield f"{field.label} : {', '.join(labels.get(value, value) for value in values)}"


def _tags_of(label: str) -> Subquery:
    borne = Tagging.objects.filter(model=label, object_id=OuterRef("pk"), active=True).order_by().values("object_id")
    return Subquery(borne.annotate(_names=ArrayAgg("tag__name", order_by="tag__name")).values("_names"))


def _tags_out() -> Out:
    return Out(TAGS, _("Étiquettes"), TEXT, (_TAGS,), lambda values: [", ".join(names or ()) for names in values])
