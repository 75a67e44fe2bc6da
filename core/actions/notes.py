"""Notes: written, corrected, deleted; the people they name are told."""

import re
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.access import Level
from core.accounts.models import User
from core.actions.notifications import notify
from core.models import Note
from core.notifying.kinds import MENTION
from core.references import about
from core.resource import Resource
from core.text import fold

_OFFERED = 8


def notes_of(row: Model) -> QuerySet[Note]:
    """The notes of a record, newest first."""
    return Note.objects.filter(**about(row)).select_related("author").order_by("-pk")


@transaction.atomic
def write_note(resource: type[Resource], row: Model, text: str, *, by: User, chosen: Collection[int] = ()) -> Note:
    """`chosen`: keys of people picked in the list, which tells namesakes apart."""
    people = named_in(text, resource, row, chosen)
    note = Note.objects.create(**about(row), text=text, author=by, mentions=sorted(person.pk for person in people))
    _tell(people, resource, row, by)
    return note


@transaction.atomic
def correct_note(
    note: Note, resource: type[Resource], row: Model, text: str, *, by: User, chosen: Collection[int] = ()
) -> None:
    """Only people who were not named before are told."""
    known = set(note.mentions)
    people = named_in(text, resource, row, {*chosen, *known})
    note.text, note.mentions, note.edited_at = text, sorted(person.pk for person in people), timezone.now()
    note.save(update_fields=["text", "mentions", "edited_at"])
    _tell([person for person in people if person.pk not in known], resource, row, by)


def delete_note(note: Note) -> None:
    note.delete()


def may_correct(note: Note, user: User) -> bool:
    return note.author_id == user.pk


def may_delete(note: Note, user: User) -> bool:
    return note.author_id == user.pk or user.may("settings", Level.MANAGE)


# --- mentions -----------------------------------------------------------------------------------------------------
def readers(resource: type[Resource], row: Model, q: str = "", limit: int = _OFFERED) -> list[User]:
    """Active people who may read the record, whose name has words that begin like those of `q`."""
    words = fold(q).split()
    found = []
    for person in User.objects.filter(is_active=True).prefetch_related("roles"):
        names = fold(person.get_full_name()).split()
        if all(any(name.startswith(word) for name in names) for word in words) and _reads(person, resource, row):
            found.append(person)
            if len(found) == limit:
                break
    return found


def named_in(text: str, resource: type[Resource], row: Model, chosen: Collection[int] = ()) -> list[User]:
    """The readers of the record whom a text names by `@Prénom Nom`. Of namesakes, those chosen; else all of them."""
    if "@" not in text:
        return []
    folded = " ".join(text.casefold().split())
    named: dict[str, list[User]] = {}
    for person in User.objects.filter(is_active=True).prefetch_related("roles"):
        name = person.get_full_name().casefold()
        if _stands(f"@{name}", folded):
            named.setdefault(name, []).append(person)
    people = [person for same in named.values() for person in ([p for p in same if p.pk in chosen] or same)]
    return [person for person in people if _reads(person, resource, row)]


def _stands(mention: str, text: str) -> bool:
    """Whether a text has this mention as words of their own: « @Jo Le » is not in « @Jo Legrand »."""
    return re.search(re.escape(mention) + r"(?!\w)", text) is not None


def _reads(person: User, resource: type[Resource], row: Model) -> bool:
    return resource.rows(person).filter(pk=row.pk).exists()


def _tell(people: Iterable[User], resource: type[Resource], row: Model, by: User) -> None:
    text = _("%(who)s vous a cité dans une note sur « %(title)s »") % {"who": by, "title": resource.title(row)}
    for person in people:
        if person.pk != by.pk:
            notify(person, MENTION, text, resource.url("notes", row.pk))
