"""The resources and menus that the modules declare. Filled at start-up, then frozen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from core.resource import Resource

R = TypeVar("R", bound="type[Resource]")


@dataclass(frozen=True)
class Menu:
    """A module's part of the navigation: its label and its resources, in order."""

    label: str
    items: tuple[type[Resource], ...]


@dataclass
class Registry:
    """Resources by label ("crm.company") and menus in the order of INSTALLED_APPS."""

    by_label: dict[str, type[Resource]] = field(default_factory=dict)
    menus: list[Menu] = field(default_factory=list)
    frozen: bool = False

    def add(self, resource: type[Resource]) -> None:
        if self.frozen:
            raise ImproperlyConfigured("the registry is frozen: register resources in the module's resources package")
        if resource.key() in self.by_label:
            raise ImproperlyConfigured(f"{resource.key()} has two resources")
        self.by_label[resource.key()] = resource

    def __iter__(self) -> Iterator[type[Resource]]:
        """In the order of the menus, then those that no menu shows."""
        shown = [resource for menu in self.menus for resource in menu.items]
        return iter([*shown, *(resource for resource in self.by_label.values() if resource not in shown)])

    def of(self, model: type) -> type[Resource] | None:
        """The resource of a model, or None."""
        return self.by_label.get(model._meta.label_lower)  # type: ignore[attr-defined]


registry = Registry()


def register(resource: R) -> R:
    """Class decorator: make a resource known."""
    registry.add(resource)
    return resource


def discover() -> None:
    """Import each module's `resources` and `navigation`, then freeze."""
    if registry.frozen:
        return
    autodiscover_modules("resources", "navigation")
    registry.frozen = True


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
