"""Views that people keep of a list, and what may be done to them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet
from django.db.transaction import atomic
from django.http import QueryDict

from core.accounts.access import Level
from core.accounts.models import Role, User
from core.models import DefaultView, SavedView
from core.models.views import Audience
from core.resource import Resource
from core.text import clean

PLACE = ("after", "before", "view")  # of an address: where one is, and not what is asked
_MAX_VALUES, _MAX_VALUE = 50, 200


class NameTaken(Exception):
    """The person has a view of that name on this list."""


def views_of(resource: type[Resource], user: User) -> list[SavedView]:
    """The views of a list that a person sees, in the order of the tabs, each with `opens_first`. One query."""
    return SavedView.objects.seen_in(resource.key(), user)


def visible(resource: type[Resource], user: User) -> QuerySet[SavedView]:
    return SavedView.objects.filter(resource=resource.key()).visible_to(user)


def may_change(view: SavedView, user: User) -> bool:
    """Its owner; and whoever manages the instance, when others see it."""
    return view.owner_id == user.pk or (view.audience != Audience.PRIVATE and user.may("settings", Level.MANAGE))


def audiences(resource: type[Resource], user: User) -> list[tuple[str, Any]]:
    """To whom this person may show a view: who only reads keeps them to themselves."""
    return list(Audience.choices) if resource.may(user, Level.WRITE) else Audience.choices[:1]


def asked(params: QueryDict) -> dict[str, list[str]]:
    """What a query string asks for, in one spelling: no page, no empty value, nothing that a database refuses."""
    out = {}
    for name, values in params.lists():
        kept = sorted({clean(value)[:_MAX_VALUE] for value in values if value.strip()})[:_MAX_VALUES]
        if kept and name not in PLACE and len(name) <= 63:
            out[clean(name)] = kept
    return out


def address(view: SavedView, base: str) -> str:
    """The list as the view shows it. The address says everything, so it still works once the view is gone."""
    params = QueryDict(mutable=True)
    params["view"] = str(view.pk)
    for name, values in view.params.items():
        params.setlist(name, values)
    return f"{base}?{params.urlencode()}"


@atomic
def save_view(
    resource: type[Resource],
    *,
    by: User,
    name: str,
    audience: str,
    params: Mapping,
    columns: Sequence[str],
    position: int,
    density: str = "",
) -> SavedView:
    """Raises NameTaken."""
    view = SavedView(resource=resource.key(), owner=by, params=dict(params), columns=list(columns))
    return _write(view, name=name, audience=audience, position=position, density=density)


@atomic
def describe_view(
    view: SavedView, *, by: User, name: str, audience: str, position: int, density: str = ""
) -> SavedView:
    """Another name, audience, place or density. Raises NameTaken."""
    if audience != Audience.EVERYONE:
        DefaultView.objects.filter(view=view).delete()  # nobody's list opens on what they may not see
    return _write(view, name=name, audience=audience, position=position, density=density)


def _write(view: SavedView, *, name: str, audience: str, position: int, density: str) -> SavedView:
    view.name, view.audience, view.position, view.density = name, audience, position, density
    try:
        with atomic():
            view.save()
    except IntegrityError as error:
        if "saved_view_name_unique" in str(error):
            raise NameTaken(name) from error
        raise
    return view


def refresh_view(view: SavedView, *, by: User, params: Mapping, columns: Sequence[str]) -> None:
    """The view now asks for what the list shows."""
    view.params, view.columns = dict(params), list(columns)
    view.save(update_fields=["params", "columns"])


def remove_view(view: SavedView, *, by: User) -> None:
    view.delete()


def roles_opening_on(view: SavedView) -> list[int]:
    return list(DefaultView.objects.filter(view=view).values_list("role_id", flat=True))


def all_roles() -> QuerySet[Role]:
    return Role.objects.all()


@atomic
def open_first(view: SavedView, roles: Collection[Role], *, by: User) -> None:
    """The list opens on this view for these roles, and no longer for others. Only a view of everyone's can."""
    kept = [role for role in roles if view.audience == Audience.EVERYONE]
    DefaultView.objects.filter(view=view).exclude(role__in=kept).delete()
    for role in kept:
        DefaultView.objects.update_or_create(resource=view.resource, role=role, defaults={"view": view})
