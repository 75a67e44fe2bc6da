"""The list of a page, asked for strictly: what a page would ignore with a notice is refused here."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _
from django_filters.widgets import SuffixedMultiWidget

from core import keyset
from core.accounts.models import User
from core.api.problems import Fault, Problem
from core.api.serializer import Serializer
from core.columns import sortable
from core.filters import bind_as_given
from core.listing import Listing
from core.resource import Resource
from core.tab_values import MAX_QUERY

OWN = ("q", "sort", "after", "before", "page_size", "count", "fields")


class StrictListing(Listing):
    """Same rows, filters and order as the page's. Raises Problem with everything that is wrong with the parameters."""

    def __init__(self, resource: type[Resource], user: User, params: QueryDict, serializer: Serializer) -> None:
        self.faults: list[Fault] = []
        self.serializer = serializer
        super().__init__(resource, user, params)
        self.size = self._size()
        self.counted = self._counted()
        self._fields()
        self._own()
        self.faults += _unknown(params, {*OWN, *names_of(fields_of(self.bound))})
        if self.faults:
            raise Problem("invalid-parameters", faults=self.faults)

    # --- what differs from the page -------------------------------------------------------------------------------
    def _order(self) -> tuple[keyset.Order, str]:
        order, asked = super()._order()
        if "sort" in self.params and (not asked or self.params["sort"] != asked):  # an empty one is none of the list
            known = ", ".join(sorted(sortable(self.resource, self.user)))
            self.fault("sort", "invalid_choice", _("Un de ces tris, avec « - » devant pour l’inverse : %s.") % known)
        return order, asked

    def _cursor(self, name: str) -> keyset.Cursor | None:
        found = super()._cursor(name)
        if found is None and name in self.params:
            self.fault(name, "invalid", _("Ce curseur ne vaut pas ici : reprenez « next » ou « previous »."))
        return found

    def _filters(self) -> Any:
        data = self.params.copy()
        for name in OWN:
            data.pop(name, None)
        bound = bind_as_given(self.resource, self.user, data)
        if not bound.is_valid():
            for name, errors in bound.form.errors.as_data().items():
                for error in errors:
                    place = "" if name == NON_FIELD_ERRORS else name
                    self.fault(place, error.code or "invalid", " ".join(error.messages))
        return bound

    @cached_property
    def page(self) -> keyset.Page:
        page = self.turned(self.serializer.shown)
        models.prefetch_related_objects(page.rows, *self.serializer.many)
        return page

    # --- the parameters of the API's own --------------------------------------------------------------------------
    def fault(self, parameter: str, code: str, detail: str) -> None:
        self.faults.append(Fault(code, detail, parameter=parameter))

    def _size(self) -> int:
        text = self.params.get("page_size")
        if text is None:
            return keyset.PAGE
        if text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= settings.API_PAGE_SIZE:
            return int(text)
        self.fault("page_size", "invalid", _("Un nombre de 1 à %d.") % settings.API_PAGE_SIZE)
        return keyset.PAGE

    def _counted(self) -> bool:
        text = self.params.get("count", "false")
        if text not in ("true", "false"):
            self.fault("count", "invalid_choice", _("true ou false."))
        return text == "true"

    def _fields(self) -> None:
        text = self.params.get("fields")
        if text is None:
            return
        names = [name.strip() for name in text.split(",")]
        unknown = [name for name in names if name not in self.serializer.names]
        if len(set(names)) < len(names):
            self.fault("fields", "repeated", _("Chaque champ se nomme une fois."))
        elif unknown:
            shown = ", ".join(name[:40] for name in unknown[:10])
            self.fault("fields", "invalid_choice", _("Ces champs n’existent pas, ou pas pour vous : %s.") % shown)
        else:
            self.serializer.narrow(names)

    def _own(self) -> None:
        for name in OWN:
            if len(self.params.getlist(name)) > 1:
                self.fault(name, "repeated", _("Ce paramètre se donne une fois."))
        if "after" in self.params and "before" in self.params:
            self.fault("before", "contradiction", _("« after » et « before » s’excluent."))
        if len(self.params.get("q", "")) > MAX_QUERY:
            self.fault("q", "max_length", _("Une recherche a %d caractères au plus.") % MAX_QUERY)
        if any("\x00" in value for _name, values in self.params.lists() for value in values):
            self.fault("", "invalid", _("L’adresse contient un caractère nul."))

    # --- the answer -----------------------------------------------------------------------------------------------
    @property
    def count(self) -> dict[str, Any]:
        """How many rows; beyond the cap, the cap, and that it is not all."""
        total = self.total
        exact = total <= keyset.COUNT_CAP and not self.at_least
        return {"count": min(total, keyset.COUNT_CAP), "count_is_exact": exact}

    def query(self, **changes: str) -> str:
        """The present query string, turned to another page."""
        params = self.base_params()
        params.update(changes)
        return f"?{params.urlencode()}"


def fields_of(bound: Any) -> dict[str, forms.Field]:
    """What reads each filter, named in the address or not."""
    return {name: filter_.field for name, filter_ in bound.filters.items()}


def names_of(fields: Mapping[str, forms.Field]) -> Iterator[str]:
    """The parameters that these read."""
    for name, field in fields.items():
        if isinstance(field.widget, SuffixedMultiWidget):
            yield from (field.widget.suffixed(name, suffix) for suffix in field.widget.suffixes)
        elif isinstance(field.widget, forms.MultiWidget):
            yield from (f"{name}_{rank}" for rank in range(len(field.widget.widgets)))
        else:
            yield name


def _unknown(params: QueryDict, known: set[str]) -> Iterator[Fault]:
    for name in params:
        if name not in known:
            yield Fault("unknown", _("Ce paramètre n’existe pas, ou pas pour vous."), parameter=name[:80])
