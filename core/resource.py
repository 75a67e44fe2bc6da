"""One declaration per model; its list, record, form, deletion, import, search and history derive from it.

A module writes:

    @register
    class CompanyResource(Resource):
        model = Company
        columns = (Col("name", link=True, sort=True), Col("city", sort=True), Col("owner"))
        filters = CompanyFilters
        form = CompanyForm

and `path("companies/", include(CompanyResource.urls()))` in its urls.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.urls import URLPattern, path, reverse
from django.utils.functional import classproperty
from django.utils.text import capfirst

from core.accounts.access import Level, Scope
from core.addresses import address
from core.display import plain
from core.keyset import Order
from core.sight import Sight
from core.templatetags.french import new

if TYPE_CHECKING:
    from django_filters import FilterSet
    from django_stubs_ext import StrOrPromise

    from core.accounts.models import User
    from core.api.serializer import Serializer
    from core.forms import ResourceForm
    from core.importing.importer import Importer
    from core.merging.declaring import Duplicates


@dataclass(frozen=True)
class Col:
    """A column of the list: a field of the model. `sort` needs an index on (key, id), see core.checks.

    `newest`: the list opens sorted by it, the newest first, instead of by the first column that sorts. `hour`: of a
    moment, the hour is shown with the day.
    """

    name: str
    label: StrOrPromise = ""
    link: bool = False
    sort: bool = False
    newest: bool = False
    hour: bool = False


@dataclass(frozen=True)
class Badge:
    """The field that tells the state of a row, and a tone for each of its values (neutral where absent)."""

    field: str
    tones: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def of(self, row: Model) -> dict[str, str] | None:
        value = getattr(row, self.field)
        if not value:
            return None
        label = plain(row._meta.get_field(self.field), value)  # type: ignore[arg-type]
        return {"label": label, "tone": self.tones.get(value, "neutral")}


@dataclass(frozen=True)
class Look:
    """How rows present themselves: in lists, on records, in the palette."""

    icon: str = "file-text"
    avatar: str = "square"  # or "round", for people
    feminine: bool = False
    subtitle: Sequence[str] = ()  # fields under a row's name
    hint: Sequence[str] = ()  # fields beside it in the palette, to tell namesakes apart; those of the subtitle if none
    side: Sequence[str] = ()  # fields beside it on a phone, where a list shows no columns
    badge: Badge | None = None
    search_hint: StrOrPromise = ""

    @property
    def hinted(self) -> Sequence[str]:
        return self.hint or self.subtitle


@dataclass(frozen=True)
class View:
    """A view that everybody has: a tab of the list, with the query string that it stands for."""

    label: StrOrPromise
    params: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Display:
    """A way to show the rows, by the name of one of the resource's pages: a list, a board, a calendar."""

    page: str
    label: StrOrPromise
    icon: str


@dataclass(frozen=True)
class Related:
    """Rows of another resource that point to a record by `field`, shown on the record."""

    resource: type[Resource]
    field: str


class Resource:
    """What the screens show of a model. Subclasses only declare; see the module's docstring."""

    model: ClassVar[type[Model]]
    columns: ClassVar[Sequence[Col]] = ()
    filters: ClassVar[type[FilterSet] | None] = None
    form: ClassVar[type[ResourceForm]]
    bulk_form: ClassVar[type[ModelForm] | None] = None  # the fields that may be given to many rows at once
    importer: ClassVar[type[Importer] | None] = None  # known layouts; any other file is mapped on screen
    serializer: ClassVar[type[Serializer] | None] = None  # only to deviate: the API derives from all the rest
    views: ClassVar[Sequence[View]] = ()
    displays: ClassVar[
        Sequence[Display]
    ] = ()  # where there are several: each offers the others, the menu opens the first
    related: ClassVar[Sequence[Related]] = ()
    duplicates: ClassVar[Duplicates | None] = None  # what makes two rows alike: found, and merged (core/merging/)
    look: ClassVar[Look] = Look()
    # {field: named right}: without the right, `hidden_from` names it and nothing shows it.
    sensitive: ClassVar[Mapping[str, str]] = {}
    # The named right without which no row leaves: no export, print or bulk read by the API. "": reading is enough.
    extraction_right: ClassVar[str] = ""

    # --- names ----------------------------------------------------------------------------------------------------
    @classmethod
    def key(cls) -> str:
        """The likes of "crm.company": how generic references and commands name the resource."""
        return cls.model._meta.label_lower

    @classproperty
    def module(cls) -> str:  # noqa: N805
        """The business module whose level opens the resource."""
        return cls.model._meta.app_label

    @classproperty
    def label(cls) -> str:  # noqa: N805
        return capfirst(str(cls.model._meta.verbose_name))

    @classproperty
    def label_plural(cls) -> str:  # noqa: N805
        return capfirst(str(cls.model._meta.verbose_name_plural))

    @classproperty
    def new_label(cls) -> str:  # noqa: N805
        return new(cls.model._meta.verbose_name, feminine=cls.look.feminine)

    @classmethod
    def first_order(cls) -> Order:
        """The usual order: by the first column that sorts."""
        first = next(col for col in cls.columns if col.sort)
        return Order(cls.model._meta.get_field(first.name))  # type: ignore[arg-type]

    # --- addresses ------------------------------------------------------------------------------------------------
    @classmethod
    def url_name(cls, page: str) -> str:
        return f"{cls.model._meta.app_label}-{cls.model._meta.model_name}-{page}"

    @classmethod
    def url(cls, page: str, *args: Any) -> str:
        return reverse(cls.url_name(page), args=args) if args else address(cls.url_name(page))

    @classproperty
    def list_url(cls) -> str:  # noqa: N805
        return cls.url("list")

    @classmethod
    def entry_url(cls) -> str:
        """What the menu opens."""
        return cls.url(cls.displays[0].page) if cls.displays else cls.list_url

    @classmethod
    def displayed(cls, page: str, query: str = "") -> list[dict[str, Any]]:
        """The ways to show the rows, for core/_displays.html: each keeps the filters of the others."""
        tail = f"?{query}" if query else ""
        return [
            {"label": way.label, "icon": way.icon, "url": cls.url(way.page) + tail, "current": way.page == page}
            for way in cls.displays
        ]

    @classproperty
    def create_url(cls) -> str:  # noqa: N805
        return cls.url("create")

    @classproperty
    def import_url(cls) -> str:  # noqa: N805
        return cls.url("import")

    @classmethod
    def pages(cls) -> dict[str, tuple[str, Any]]:
        """{page: (route, view class)}. To deviate, override it and name another view class."""
        from core.views import (
            bulk,
            columns,
            deletion,
            drafts,
            editing,
            exporting,
            forms,
            imports,
            listing,
            merging,
            record,
            record_parts,
            saved,
        )

        return {
            "list": ("", listing.ListView),
            "create": ("new/", forms.CreateView),
            "record": ("<int:pk>/", record.RecordView),
            **record_parts.pages(),
            **(merging.pages() if cls.duplicates else {}),
            "history": ("<int:pk>/history/", record.HistoryView),
            "edit": ("<int:pk>/edit/", editing.EditView),
            "delete": ("<int:pk>/delete/", deletion.DeleteView),
            "lookup": ("lookup/", listing.LookupView),
            "facet": ("facets/<slug:name>/", listing.FacetView),
            "columns": ("columns/", columns.ColumnsView),
            "view-counts": ("views/counts/", listing.CountsView),
            "view-new": ("views/new/", saved.NewView),
            "view": ("views/<int:pk>/", saved.ChangeView),
            "view-refresh": ("views/<int:pk>/refresh/", saved.RefreshView),
            "view-delete": ("views/<int:pk>/delete/", saved.RemoveView),
            "bulk": ("bulk/", bulk.BulkView),
            "export": ("export/", exporting.ExportView),
            "print-list": ("print/", exporting.PrintView),
            "quick": ("quick/", forms.QuickView),
            "draft": ("draft/", drafts.DraftView),
            "import": ("import/", imports.UploadView),
        }

    @classmethod
    def urls(cls) -> list[URLPattern]:
        return [
            path(route, view.as_view(resource=cls), name=cls.url_name(page))
            for page, (route, view) in cls.pages().items()
        ]

    # --- rows and rights ------------------------------------------------------------------------------------------
    @classmethod
    def may(cls, user: User, level: Level) -> bool:
        return user.may(cls.module, level)

    @classmethod
    def owner(cls) -> str:
        """The path of forward keys to the person whom a row belongs to; "" for rows that are everybody's."""
        try:
            cls.model._meta.get_field("owner")
        except FieldDoesNotExist:
            return ""
        return "owner"

    @classmethod
    def scope(cls, user: User, level: Level = Level.READ) -> Scope:
        """How far this person reaches here."""
        return user.access.scope(cls.module, level) if cls.owner() else Scope.ALL

    @classmethod
    def rows(cls, user: User, level: Level = Level.READ) -> QuerySet:
        """The rows that this person may see (or, at another level, change); everything generic starts from here."""
        if not cls.may(user, level):
            return cls.model._default_manager.none()
        rows = cls.model._default_manager.all()
        narrow = user.narrowing.get(cls.key())
        if narrow is not None:
            rows = narrow(rows)
        return cls.sight(user, level).narrow(rows)

    @classmethod
    def sight(cls, user: User, level: Level = Level.READ) -> Sight:
        """Which rows this person reaches here, by whom they belong to."""
        return Sight.of(user, cls.owner(), cls.scope(user, level))

    @classmethod
    def hidden_from(cls, user: User) -> frozenset[str]:
        """The sensitive fields, and the reserved custom ones, that this person may neither see nor change."""
        known: dict[type[Resource], frozenset[str]] = user.__dict__.setdefault("_hidden", {})
        if cls not in known:  # asked for each row of a list, answered once a request, like the person's rights
            from core.custom.definitions import hidden_from

            sensitive = [name for name, right in cls.sensitive.items() if not user.holds(right)]
            known[cls] = hidden_from(cls, user).union(sensitive)
        return known[cls]

    @classmethod
    def fixed(cls, row: Model) -> frozenset[str]:
        """The fields of the form that the state of a row keeps as they are: no screen offers to change them."""
        return frozenset()

    @classmethod
    def title(cls, row: Model) -> str:
        return str(row)

    @classmethod
    def subtitle_of(cls, row: Model, user: User) -> str:
        return " · ".join(cls._shown(row, cls.look.subtitle, user))

    @classmethod
    def hint_of(cls, row: Model, user: User) -> str:
        """What tells a row from its namesakes in the palette, its state last."""
        badge = cls.badge_of(row, user)
        return " · ".join([*cls._shown(row, cls.look.hinted, user), *([badge["label"]] if badge else [])])

    @classmethod
    def _shown(cls, row: Model, names: Sequence[str], user: User) -> list[str]:
        hidden = cls.hidden_from(user)
        return [str(value) for name in names if name not in hidden and (value := getattr(row, name))]

    @classmethod
    def tabs(cls, user: User) -> Sequence[tuple[str, StrOrPromise]]:
        """[(page, label)] of the tabs that its records have besides the usual ones."""
        return []

    @classmethod
    def banner(cls, row: Model, user: User, can: Mapping[str, bool]) -> dict[str, Any] | None:
        """What stands below the head of a record on each of its tabs: {"template": …} and what that one needs."""
        return None

    @classmethod
    def badge_of(cls, row: Model, user: User) -> dict[str, str] | None:
        badge = cls.look.badge
        return badge.of(row) if badge and badge.field not in cls.hidden_from(user) else None
