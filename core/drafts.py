"""Drafts of forms: kept while people type, offered when they come back, gone once saved."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from core.accounts.models import User
from core.fields import LookupField
from core.forms import ResourceForm
from core.locking import FIELD as BASE
from core.models import FormDraft
from core.resource import Resource
from core.text import clean

MAX_BYTES = 1024 * 1024  # of one draft, as JSON
MAX_DRAFTS = 100  # of one person; the oldest leave
OFFERED = 3
LIFE = dt.timedelta(days=30)


class TooLarge(ValueError):
    """The content is larger than a draft may be."""


def key_of(text: str | None) -> uuid.UUID | None:
    """The key that a form posts, or None."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def drafts_of(user: User, resource: type[Resource], pk: int | None) -> QuerySet[FormDraft]:
    """The drafts of one form, newest first."""
    return FormDraft.objects.filter(user=user, resource=resource.key(), object_id=pk).order_by("-saved_at")


def keep(form: ResourceForm, key: uuid.UUID, posted: QueryDict, pk: int | None) -> FormDraft:
    """Keep what was typed. Only fields of this person's form: what is sensitive and not theirs never gets here.

    Raises TooLarge.
    """
    assert form.resource is not None
    data = {name: [clean(value) for value in values] for name, values in posted.lists() if _belongs(form, name)}
    if len(json.dumps(data)) > MAX_BYTES:
        raise TooLarge
    draft, new = FormDraft.objects.update_or_create(
        user=form.user, key=key, defaults={"data": data, "resource": form.resource.key(), "object_id": pk}
    )
    if new:
        kept = FormDraft.objects.filter(user=form.user).order_by("-saved_at")[MAX_DRAFTS:]
        FormDraft.objects.filter(pk__in=list(kept.values_list("pk", flat=True))).delete()
    return draft


def _belongs(form: ResourceForm, name: str) -> bool:
    """Whether an input is a field of the form, or a part of one (name_text, name_0)."""
    return name == BASE or any(
        name == own or (name.startswith(f"{own}_") and name.removeprefix(f"{own}_") in ("text", "0", "1", "2"))
        for own in map(form.add_prefix, form.fields)
    )


def drop(user: User, key: uuid.UUID | None) -> None:
    if key is not None:
        FormDraft.objects.filter(user=user, key=key).delete()


def initial_of(form: ResourceForm, draft: FormDraft) -> dict[str, Any]:
    """What a draft holds, as initial values of a form: shown without being judged."""
    data = QueryDict(mutable=True)
    content: Mapping[str, list[str]] = draft.data
    for name, values in content.items():
        data.setlist(name, values)
    return {name: form[name].field.widget.value_from_datadict(data, {}, form.add_prefix(name)) for name in form.fields}


def excerpt(form: ResourceForm, draft: FormDraft) -> str:
    """The first thing typed, to tell drafts apart."""
    for name in form.fields:
        for value in draft.data.get(form.add_prefix(name), []):
            if value and not hasattr(form.fields[name], "choices") and not isinstance(form.fields[name], LookupField):
                return str(value)[:60]
    return ""


def expire() -> int:
    """Delete the drafts that nobody touched for thirty days; how many."""
    return FormDraft.objects.filter(saved_at__lt=timezone.now() - LIFE).delete()[0]
