"""The resources, menus and named rights that the modules declare. Filled at start-up, then frozen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from core.resource import Resource

R = TypeVar("R", bound="type[Resource]")


@dataclass(frozen=True)
class Menu:
    """A module's part of the navigation: its label and its resources, in order. Those it does not name come after."""

    label: StrOrPromise
    items: tuple[type[Resource], ...]


@dataclass(frozen=True)
class Right:
    """A named right that a role may give beyond its levels: code "crm.view_credit", and what it lets people do."""

    code: str
    label: StrOrPromise


@dataclass
class Registry:
    """Resources by label ("crm.company"), menus in the order of INSTALLED_APPS, rights by code."""

    by_label: dict[str, type[Resource]] = field(default_factory=dict)
    menus: list[Menu] = field(default_factory=list)
    rights: dict[str, Right] = field(default_factory=dict)
    frozen: bool = False

    def _open(self) -> None:
        if self.frozen:
            raise ImproperlyConfigured("the registry is frozen: declare in the module's resources or navigation")

    def add_right(self, right: Right) -> None:
        self._open()
        if right.code in self.rights:
            raise ImproperlyConfigured(f"the right {right.code} is declared twice")
        self.rights[right.code] = right

    def add(self, resource: type[Resource]) -> None:
        self._open()
        if resource.key() in self.by_label:
            raise ImproperlyConfigured(f"{resource.key()} has two resources")
        self.by_label[resource.key()] = resource

    def __iter__(self) -> Iterator[type[Resource]]:
        """In the order of the menus, then those that no menu shows."""
        shown = [resource for menu in self.menus for resource in menu.items]
        return iter([*shown, *(resource for resource in self.by_label.values() if resource not in shown)])

    def complete_menus(self) -> None:
        """Put the resources that a module's menu does not name at its end: a new resource is on screen at once."""
        named = {resource for menu in self.menus for resource in menu.items}
        for index, menu in enumerate(self.menus):
            modules = {resource.module for resource in menu.items}
            rest = [found for found in self.by_label.values() if found.module in modules and found not in named]
            self.menus[index] = replace(menu, items=(*menu.items, *rest))

    def of(self, model: type) -> type[Resource] | None:
        """The resource of a model, or None."""
        return self.by_label.get(model._meta.label_lower)  # type: ignore[attr-defined]


registry = Registry()


def register(resource: R) -> R:
    """Class decorator: make a resource known."""
    registry.add(resource)
    return resource


def add_right(code: str, label: StrOrPromise) -> Right:
    """Called beside a module's resources: make a named right known."""
    right = Right(code, label)
    registry.add_right(right)
    return right


def discover() -> None:
    """Import each module's `resources` and `navigation`, freeze, then its `dashboards`, which count those resources."""
    if registry.frozen:
        return
    autodiscover_modules("resources", "navigation")
    registry.complete_menus()
    registry.frozen = True
    from core.dashboards import declaring  # late: it looks at resources

    declaring.discover()


def add_menu(menu: Menu) -> Menu:
    """Called by a module's navigation.py."""
    registry.menus.append(menu)
    return menu


def resource_of(model: type) -> type[Resource]:
    """The resource of a model. Raises ImproperlyConfigured when it has none."""
    found = registry.of(model)
    if found is None:
        raise ImproperlyConfigured(f"{model.__name__} has no resource")
    return found
