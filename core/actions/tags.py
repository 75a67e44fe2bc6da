"""Tags: made, put on records, taken off."""

import zlib
from collections import defaultdict
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from core.models import Tag, Tagging
from core.models.tags import TAG_HUES
from core.references import about
from core.statements import fetch, fetch_models
from core.text import clean, fold

_OFFERED = 10
# By hand: fifty parameters of an IN list cost the ORM more than the whole query costs PostgreSQL.
_BORNE = """
SELECT tag.*, tagging.object_id FROM core_tagging AS tagging JOIN core_tag AS tag ON tag.id = tagging.tag_id
WHERE tagging.model = %s AND tagging.object_id = ANY(%s) AND tagging.active ORDER BY tag.name, tag.id
"""
_KNOWN = """
SELECT id, name FROM core_tag AS tag WHERE EXISTS (
    SELECT FROM core_tagging WHERE tag_id = tag.id AND model = %s AND active
) ORDER BY name, id
"""
_CHUNK = 2000


def clean_tag_name(name: str) -> str:
    """Raises ValidationError, in people's words."""
    name = " ".join(clean(name).split())
    if not name:
        raise ValidationError(_("Donnez un nom à l’étiquette."))
    if len(name) > 40:
        raise ValidationError(_("Une étiquette a 40 caractères au plus."))
    if not any(char.isalnum() for char in name):
        raise ValidationError(_("Une étiquette a au moins une lettre ou un chiffre."))
    return name


def tag_named(name: str) -> Tag:
    """The tag of this name, whatever its case, made if there is none. Raises ValidationError."""
    name = clean_tag_name(name)
    found = Tag.objects.filter(name__iexact=name).first()
    if found:
        return found
    try:
        with transaction.atomic():
            return Tag.objects.create(name=name, hue=zlib.crc32(fold(name).encode()) % TAG_HUES)
    except IntegrityError:  # somebody made it at the same moment
        return Tag.objects.get(name__iexact=name)


def offered(q: str) -> list[Tag]:
    """Tags with a word that begins like `q`, for a combobox."""
    words = fold(q).split()
    return [
        tag
        for tag in Tag.objects.order_by("name")
        if all(any(part.startswith(word) for part in fold(tag.name).split()) for word in words)
    ][:_OFFERED]


def tags_of(label: str, pks: Iterable[int]) -> dict[int, list[Tag]]:
    """{key of a record: its tags, by name}. One query."""
    found: dict[int, list[Tag]] = defaultdict(list)
    for tag in fetch_models(Tag, _BORNE, [label, list(pks)]):
        found[tag.object_id].append(tag)  # type: ignore[attr-defined]
    return found


def tagged_with(label: str, tags: Iterable[int]) -> QuerySet:
    """The keys of the records that bear any of these tags, for `pk__in`."""
    return Tagging.objects.filter(model=label, tag__in=list(tags), active=True).values("object_id")


@transaction.atomic
def tag_row(row: Model, tag: Tag) -> None:
    tagging, created = Tagging.objects.get_or_create(**about(row), tag=tag)
    if not created and not tagging.active:
        tagging.active = True
        tagging.save(update_fields=["active"])


def untag_row(row: Model, tag_id: int) -> None:
    Tagging.objects.filter(**about(row), tag_id=tag_id, active=True).update(active=False)


@transaction.atomic
def tag_rows(rows: QuerySet, *, add: Iterable[Tag] = (), remove: Iterable[Tag] = ()) -> int:
    """Put tags on every row of a queryset and take others off, in a few statements. Returns how many rows."""
    label = rows.model._meta.label_lower
    pks = list(rows.order_by().values_list("pk", flat=True))
    add, remove = list(add), list(remove)
    for start in range(0, len(pks), _CHUNK):
        part = pks[start : start + _CHUNK]
        there = Tagging.objects.filter(model=label, object_id__in=part)
        there.filter(tag__in=add, active=False).update(active=True)
        Tagging.objects.bulk_create(
            [Tagging(tag=tag, model=label, object_id=pk) for tag in add for pk in part], ignore_conflicts=True
        )
        there.filter(tag__in=remove, active=True).update(active=False)
    return len(pks)


def taggings_of(label: str, rows: QuerySet) -> QuerySet[Tagging]:
    """The tags that these records of a model bear: one row for each tag of each record."""
    return Tagging.objects.filter(model=label, object_id__in=rows.order_by().values("pk"), active=True)


def known_tags(label: str) -> list[tuple[int, str]]:
    """(key, name) of the tags that some record of a model bears, by name: the choices of its list's facet."""
    return [(pk, name) for pk, name in fetch(_KNOWN, [label])]
