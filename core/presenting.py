"""Notes and files as templates show them."""

import re
from typing import Any

from django.db.models import Model
from django.utils.html import format_html, urlize
from django.utils.safestring import SafeString, mark_safe

from core.accounts.models import User
from core.actions.notes import may_correct, may_delete
from core.attachments.kinds import KINDS
from core.attachments.links import address
from core.models import Attachment, Note
from core.resource import Resource


def note_html(text: str, names: list[str]) -> SafeString:
    """The text escaped, addresses of the web as links, line breaks kept, the people it names set apart."""
    if not names:
        return _plain(text)
    # The longest first: « @Jo Le Goff » before « @Jo Le ».
    pattern = "|".join(re.escape(f"@{name}") for name in sorted(names, key=len, reverse=True))
    parts = re.split(rf"({pattern})(?!\w)", text, flags=re.IGNORECASE)
    # re.split puts what it split by at odd places.
    return mark_safe(  # noqa: S308 - each part is escaped
        "".join(
            format_html('<span class="mention">{}</span>', part) if place % 2 else _plain(part)
            for place, part in enumerate(parts)
        )
    )


def _plain(text: str) -> SafeString:
    lines = str(urlize(text, nofollow=True, autoescape=True)).replace("\r\n", "\n").replace("\r", "\n")
    return mark_safe(lines.replace("\n", "<br>").replace("<a ", '<a class="link" '))  # noqa: S308 - urlize escaped it


def note_entry(note: Note, user: User) -> dict[str, Any]:
    """`names` of the people cited are filled by `with_names`, for all notes at once."""
    return {
        "type": "note",
        "id": note.pk,
        "at": note.created_at,
        "note": note,
        "actor": str(note.author or ""),
        "may_correct": may_correct(note, user),
        "may_delete": may_delete(note, user),
    }


def with_names(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each note's entry its HTML. One query for the people, none without mentions."""
    notes = [entry for entry in entries if entry["type"] == "note"]
    cited = {pk for entry in notes for pk in entry["note"].mentions}
    people = {person.pk: person.get_full_name() for person in User.objects.filter(pk__in=cited)} if cited else {}
    for entry in notes:
        names = [people[pk] for pk in entry["note"].mentions if pk in people]
        entry["html"] = note_html(entry["note"].text, names)
    return entries


def file_entry(file: Attachment, resource: type[Resource], row: Model, user: User) -> dict[str, Any]:
    kind = KINDS[file.kind]
    return {
        "type": "file",
        "id": file.pk,
        "at": file.created_at,
        "file": file,
        "actor": str(file.author or ""),
        "label": kind.label,
        "icon": kind.icon,
        "inline": kind.inline,
        "open_url": resource.url("file", row.pk, file.pk),
        "delete_url": resource.url("file-delete", row.pk, file.pk),
        "thumbnail_url": address(file, user, "thumbnail") if file.thumbnail else "",
    }
