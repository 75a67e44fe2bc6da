"""Full-text search without any extension: a generated column, unaccented, prefix by prefix."""

from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable, Func

from core.text import fold

MAX_WORDS = 8


def folded(expression: Combinable | str) -> Func:
    """public.b2o_fold(text): how names are compared and sorted. Plain Func: migrations import nothing of ours."""
    inner = F(expression) if isinstance(expression, str) else expression
    return Func(inner, function="public.b2o_fold", output_field=models.TextField())


def search_column(**weights: tuple[str, ...]) -> models.GeneratedField:
    """The generated column `search` of a DomainModel: `search_column(A=("name", "siren"), C=("city",))`.

    Its custom fields come last, of themselves: public.b2o_custom_text says which.
    Give the model a GinIndex on it. Fields must be NOT NULL: one null would make the whole document null.
    """
    parts = [_weighted(_joined(names), weight) for weight, names in sorted(weights.items())]
    words = Func(F("custom"), function="public.b2o_custom_text", output_field=models.TextField())
    parts.append(_weighted(words, "D"))
    document = Func(*parts, template="(%(expressions)s)", arg_joiner=" || ", output_field=SearchVectorField())
    return models.GeneratedField(expression=document, output_field=SearchVectorField(), db_persist=True, editable=False)


def _joined(names: tuple[str, ...]) -> Func:
    # concat_ws is not immutable, and a generated column wants only immutable functions.
    return Func(
        *[F(name) for name in names],
        template="(%(expressions)s)",
        arg_joiner=" || ' ' || ",
        output_field=models.TextField(),
    )


def _weighted(words: Any, weight: str) -> Func:
    return Func(
        folded(words),
        template=f"setweight(to_tsvector('pg_catalog.simple'::regconfig, %(expressions)s), '{weight}')",
        output_field=SearchVectorField(),
    )


def words(text: str) -> list[str]:
    """The words searched for: at most MAX_WORDS, digits grouped as people write them put together.

    "732 829 320" is one number: SIREN, SIRET and telephone numbers are typed with spaces.
    """
    parts = fold(text[:400]).split()
    if parts and all(part.isdigit() for part in parts):
        return ["".join(parts)[:40]]
    return [part[:40] for part in parts[:MAX_WORDS]]


def matches(text: str, column: str = "search") -> Q:
    """The rows in which every word of `text` begins some word. Nothing typed: every row. Only signs: none."""
    found = words(text)
    if not found:
        return Q(pk__in=[]) if text.strip() else Q()
    query = SearchQuery(" & ".join(f"{word}:*" for word in found), config="simple", search_type="raw")
    return Q(**{column: query})
