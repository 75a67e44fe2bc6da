"""« On vous confie une fiche » : the new owner is told, unless they did it themselves."""

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.accounts.models import User
from core.actions.notifications import notify
from core.notifying.kinds import ASSIGNED
from core.resource import Resource


def tell_owner(resource: type[Resource], row: Model, *, by: User) -> None:
    """Called after a row got another owner, in the same transaction."""
    owner = getattr(row, "owner", None)
    if resource.owner() == "owner" and owner is not None and owner.pk != by.pk:
        text = _("%(who)s vous confie « %(title)s »") % {"who": by, "title": resource.title(row)}
        notify(owner, ASSIGNED, text, resource.url("record", row.pk))


def tell_owner_of_many(resource: type[Resource], owner: User, count: int, *, by: User) -> None:
    """One news for a gesture, however many rows."""
    if count and owner.pk != by.pk:
        text = ngettext(
            "%(who)s vous confie %(count)d fiche (%(list)s)", "%(who)s vous confie %(count)d fiches (%(list)s)", count
        )
        words = {"who": by, "count": count, "list": str(resource.label_plural).lower()}
        notify(owner, ASSIGNED, text % words, resource.list_url)
