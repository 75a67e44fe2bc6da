"""The tags of a record as the API takes them: their names, all of them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from core.actions.tags import clean_tag_name, tag_named, tag_rows, tags_of
from core.api.problems import Fault, Problem
from core.api.serializer import TAG_NAMES, TAGS


def given_tags(body: Any) -> tuple[Any, list[str] | None]:
    """(the body without its tags, their names as the page would write them); None when the body has none.

    Raises Problem: 400 for what is no list of texts, 422 for what the page would not take as a tag.
    """
    if not isinstance(body, dict) or TAGS not in body:
        return body, None
    names = body[TAGS]
    if (
        not isinstance(names, list)
        or len(names) > TAG_NAMES["maxItems"]
        or not all(isinstance(name, str) and name for name in names)
    ):
        raise Problem("invalid-body", faults=[Fault("invalid", _('Une liste de textes : ["VIP"].'), field=TAGS)])
    try:
        cleaned = [clean_tag_name(name) for name in names]
    except ValidationError as error:
        raise Problem("refused", faults=[Fault("invalid", error.messages[0], field=TAGS)]) from error
    return {name: value for name, value in body.items() if name != TAGS}, cleaned


def put_tags(row: Model, rows: QuerySet, names: list[str]) -> None:
    """Let the row bear these tags and no others. Call in the transaction that saves it."""
    held = tags_of(row._meta.label_lower, [row.pk]).get(row.pk, [])
    wanted = {name.casefold(): name for name in names}
    known = {tag.name.casefold() for tag in held}
    add = [tag_named(name) for key, name in wanted.items() if key not in known]
    remove = [tag for tag in held if tag.name.casefold() not in wanted]
    if add or remove:
        tag_rows(rows.filter(pk=row.pk), add=add, remove=remove)
