"""Full-text search without any extension: a generated column, unaccented, prefix by prefix.

At a cost that does not grow with the table: core.search_plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable, Func

from core.text import fold

MAX_WORDS = 8
CONFIG = "simple"  # of PostgreSQL's full text: words as they are, of no language


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


SORT_KEY = "sort_key"
FOR_DATABASE = frozenset({"search", SORT_KEY})  # generated columns that nobody reads


def for_database(model: type[models.Model]) -> frozenset[str]:
    """Those that this model has."""
    return FOR_DATABASE & {field.name for field in model._meta.concrete_fields}


def sort_column(name: str, *then: str) -> models.GeneratedField:
    """The generated column `sort_key` of a DomainModel: the field by which its list is sorted first, and those by which
    rows that have it alike follow each other, folded once, when the row is written. For tables that grow large: sorting
    what a search finds then folds nothing.

    Give the model an Index(fields=["sort_key", "id"]) in the place of Index(folded(name), "id"), and a
    GinIndex(behind_first_word()): see core.search_plan.
    """
    key = folded(_joined((name, *then)) if then else name)
    return models.GeneratedField(expression=key, output_field=models.TextField(), db_persist=True, editable=False)


@lru_cache(maxsize=1024)
def has_sort_column(field: models.Field) -> bool:
    """Whether the model's `sort_key` begins with this field."""
    kept: Any = {known.name: known for known in field.model._meta.concrete_fields}.get(SORT_KEY)
    return kept is not None and next(part for part in kept.expression.flatten() if isinstance(part, F)) == F(field.name)


def behind_first_word() -> Func:
    """The words of a row but for the one that its sort key begins with."""
    return Func(
        F("search"),
        F(SORT_KEY),
        arg_joiner=", split_part(",  # before `template`: migrations write and compare these in this order
        template="ts_delete(%(expressions)s, ' ', 1))",
        output_field=SearchVectorField(),
    )


def begins(word: Any, *, denied: bool = False) -> Func:
    """Whether the sort key begins with a word."""
    return Func(
        F(SORT_KEY),
        models.Value(word),
        template="(NOT %(expressions)s)" if denied else "(%(expressions)s)",
        arg_joiner=" ^@ ",
        output_field=models.BooleanField(),
    )


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
    """The words searched for: at most MAX_WORDS. Digits grouped as people write them are one, with its spaces.

    "732 829 320" is one number: SIREN, SIRET and telephone numbers are typed with spaces. Beside other words, two
    groups are two ("29 Brest 12"), three or more are a number too.
    """
    parts = fold(text[:400]).split()
    runs = [(digits, list(run)) for digits, run in groupby(parts, str.isdigit)]
    found: list[str] = []
    for digits, run in runs:
        found += [" ".join(run)] if digits and (len(runs) == 1 or len(run) > 2) else run
    return [word[:40] for word in found[:MAX_WORDS]]


def matches(text: str, column: str = "search") -> Q:
    """The rows in which every word of `text` begins some word. Nothing typed: every row. Only signs: none."""
    found = words(text)
    if not found:
        return Q(pk__in=[]) if text.strip() else Q()
    return Q(**{column: query(found)})


def query(found: list[str]) -> SearchQuery:
    return tsquery(raw(found))


def raw(found: Iterable[str]) -> str:
    """Rows in which each of the words begins some word, as PostgreSQL's tsquery says it."""
    return " & ".join(map(_begun, found))


def _begun(word: str) -> str:
    """A number is found by its digits put together, or in the groups in which it was typed, or in those in which a
    telephone number is kept: "+33 6 12 34 56 78"."""
    groups = word.split()
    ways = {"".join(groups): None, " <-> ".join(groups): None}
    if telephone := _TELEPHONE.fullmatch("".join(groups)):
        first, pairs = telephone.groups()
        ways[" <-> ".join([first, *re.findall("..?", pairs)])] = None
    return f"{word}:*" if len(ways) == 1 else f"({' | '.join(f'{way}:*' for way in ways)})"


# Of France, typed to the third pair at least: a postcode has five digits.
_TELEPHONE = re.compile(r"(?:0|(?:00)?33)([1-9])([0-9]{4,8})")


def of_whole_words(raw: str) -> str:
    """What `raw` says, of rows that have the words themselves."""
    return raw.replace(":*", "")


def tsquery(raw: str) -> SearchQuery:
    return SearchQuery(raw, config=CONFIG, search_type="raw")


def looked_at(query: SearchQuery) -> Func:
    """The condition in a form that no index answers."""
    return Func(
        F("search"),
        query,
        template="coalesce(%(expressions)s, false)",
        arg_joiner=" @@ ",
        output_field=models.BooleanField(),
    )


@models.AutoField.register_lookup
@models.BigAutoField.register_lookup
@models.ForeignKey.register_lookup
class Among(models.Lookup):
    """`pk__among=[…]`: one array instead of a thousand parameters."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*params, list(self.rhs))
