"""The companies above and below one, as a small tree. Two queries, whatever its size."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from core.accounts.models import User
from crm.models import Company

SHOWN = 12  # subsidiaries
_ABOVE = """
WITH RECURSIVE above(id, name, parent_id, depth) AS (
    SELECT id, name, parent_id, 0 FROM crm_company WHERE id = %s
    UNION ALL SELECT c.id, c.name, c.parent_id, a.depth + 1 FROM crm_company c JOIN above a ON c.id = a.parent_id
    WHERE a.depth < 8)
SELECT id, name FROM above WHERE depth > 0 ORDER BY depth DESC
"""


@dataclass
class Branch:
    """A company of the tree, with those below it. `url`: "" where the person may only know the name."""

    title: str
    url: str = ""
    current: bool = False
    below: list["Branch"] = field(default_factory=list)
    more_url: str = ""


def family(resource: Any, row: Company, user: User) -> Branch | None:
    """From the topmost company down to the subsidiaries of this one; None for a company that stands alone."""
    above: list[tuple[int, str]] = []
    if row.parent_id:
        with connection.cursor() as cursor:
            cursor.execute(_ABOVE, [row.pk])
            above = cursor.fetchall()
    children = list(resource.rows(user).filter(parent=row.pk).order_by("name", "pk")[: SHOWN + 1])
    if not above and not children:
        return None
    seen = (
        set(resource.rows(user).filter(pk__in=[pk for pk, _name in above]).values_list("pk", flat=True))
        if above
        else ()
    )
    here = Branch(resource.title(row), current=True)
    here.below = [Branch(child.name, resource.url("record", child.pk)) for child in children[:SHOWN]]
    here.more_url = f"{resource.list_url}?parent={row.pk}" if len(children) > SHOWN else ""
    for pk, name in reversed(above):
        here = Branch(name, resource.url("record", pk) if pk in seen else "", below=[here])
    return here


def circle(row: Company, parent: Company) -> str:
    """Why a company may not be above another, in people's words; "" when it may."""
    if parent.pk == row.pk:
        return _("Une société n’est pas sa propre maison mère.")
    if row.pk is None:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, [parent.pk])
        above = [pk for pk, _name in cursor.fetchall()]
    if row.pk in above:
        return _("« %s » est déjà une filiale de cette société : l’une ne peut pas être au-dessus de l’autre.") % parent
    return ""
