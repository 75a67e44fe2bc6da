"""What of a backup a person may take out of the instance: no more than what the screens let them take."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from backups.rows import Model, ours
from core.accounts.access import Level, Scope
from core.accounts.actions.designating import is_referent
from core.accounts.models import User
from core.exporting.recording import may_extract
from core.registry import registry
from core.resource import Resource

DESIGNATED = {"hr": "hr"}  # module → the designation without which its lists do not leave (R18)


@dataclass(frozen=True)
class Reach:
    """What a person may take out, and what not, with the reason."""

    lists: list[type[Resource]]
    withheld: list[tuple[str, str]]
    hidden: dict[Model, frozenset[str]]

    @property
    def silent(self) -> list[str]:
        """The fields that are left out: "crm.company.credit_limit"."""
        return [f"{model._meta.label_lower}.{name}" for model, names in self.hidden.items() for name in sorted(names)]

    @property
    def keys(self) -> list[str]:
        return [resource.key() for resource in self.lists]


def reach_of(user: User) -> Reach:
    """Asked in the instance as it is now: a backup knows the rights of its own day."""
    lists, withheld, hidden = [], [], {}
    for resource in registry:
        if why := _why_not(resource, user):
            withheld.append((str(resource.label_plural), why))
            continue
        lists.append(resource)
        hidden[resource.model] = resource.hidden_from(user)
    return Reach(lists, withheld, hidden)


def _why_not(resource: type[Resource], user: User) -> str:
    if not may_extract(resource, user):
        return _("vous n’avez pas le droit de l’exporter")
    if resource.scope(user, Level.READ) is not Scope.ALL:
        return _("vous n’en voyez pas toutes les fiches")
    domain = DESIGNATED.get(resource.module)
    if domain and not is_referent(user, domain):
        return _("il faut être désigné par écrit pour ces données")
    return ""


def tables_of(reach: Reach) -> list[Model]:
    """The lists' tables, and those of their modules that they lean on and are no list: stages, reasons, kinds.

    Of the kernel nothing comes that way: colleagues' own views, settings, secrets.
    """
    listed = {resource.model for resource in registry}
    modules = {resource.model._meta.app_label for resource in reach.lists}
    wanted: list[Model] = [resource.model for resource in reach.lists]
    for model in wanted:  # grows while it is read
        for link in model._meta.concrete_fields:
            target = link.related_model
            if target in listed or target in wanted or target not in ours():
                continue
            if target._meta.app_label in modules:
                wanted.append(target)
    return wanted
