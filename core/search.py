"""Full-text search without any extension: a generated column, unaccented, prefix by prefix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import connection, models
from django.db.models import F, Q, QuerySet
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


def sort_column(name: str) -> models.GeneratedField:
    """The generated column `sort_key` of a DomainModel: the field by which its list is sorted first, folded once, when
    the row is written. For tables that grow large: sorting what a search finds then folds nothing.

    Give the model an Index(fields=["sort_key", "id"]) in the place of Index(folded(name), "id").
    """
    return models.GeneratedField(
        expression=folded(name), output_field=models.TextField(), db_persist=True, editable=False
    )


@lru_cache(maxsize=1024)
def has_sort_column(field: models.Field) -> bool:
    """Whether the model's `sort_key` is made of this field."""
    kept: Any = {known.name: known for known in field.model._meta.concrete_fields}.get(SORT_KEY)
    return kept is not None and kept.expression.get_source_expressions() == [F(field.name)]


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
    return Q(**{column: _query(found)})


# --- at a cost that does not grow with the table --------------------------------------------------------------------
FOUND_CAP = 1_000  # rows that a search counts one by one; beyond, it says "1 000+"
# Measured: µs to read a row that is found and sort it, its key a column or to be folded; and twice the µs for the first
# page of a word along the index of the order, in a table of which every row has it: of a word in one row of ten, ten
# times more. Twice, because some words are not spread evenly along it: those that names begin with.
_SORTED, _FOLDED, _WALKED = 1.2, 5.5, 380
_PATIENCE = 200  # rows passed along that index, in the same table, before all that is found is sorted after all
_MUCH_MORE = 4  # a word in so many times the rows of the rarest is cheaper looked at row by row


def estimates(model: type[models.Model], found: list[str]) -> list[float]:
    """How many rows PostgreSQL thinks the table has, then how many have a word that begins with each of `found`.

    One EXPLAIN, which reads no row.
    """
    sql, slots = _estimating(model, len(found))
    with connection.cursor() as cursor:
        cursor.execute(sql, [param if slot is None else f"{found[slot]}:*" for param, slot in slots])
        plan = cursor.fetchone()[0][0]["Plan"]
    return [part["Plan Rows"] for part in plan["Plans"]]


@lru_cache(maxsize=512)
def _estimating(model: type[models.Model], number: int) -> tuple[str, list[tuple[Any, int | None]]]:
    """The statement for that many words, composed once; its parameters, each with the place of the word that it is."""
    words = [f"word{place}" for place in range(number)]
    every = model._default_manager.order_by().values("pk")
    parts = [every, *(every.filter(search=_query([word])) for word in words)]
    compiled = [part.query.sql_with_params() for part in parts]
    places = {f"{word}:*": place for place, word in enumerate(words)}
    sql = "EXPLAIN (FORMAT JSON) " + " UNION ALL ".join(sql for sql, _params in compiled)
    return sql, [(value, places.get(value)) for _sql, params in compiled for value in params]


@dataclass(frozen=True)
class Found:
    """What a search finds, up to FOUND_CAP + 1 rows: (key, then the fields asked for) of each."""

    rows: list[tuple[Any, ...]]

    @property
    def keys(self) -> list[Any]:
        return [row[0] for row in self.rows]

    @property
    def complete(self) -> bool:
        return len(self.rows) <= FOUND_CAP

    def count(self, values: Mapping[int, Any]) -> int:
        """How many of the rows have these values, by the place of their field among those asked for (from 1)."""
        wanted = [(place - 1, value) for place, value in values.items()]
        return sum(
            number for fields, number in self._tally.items() if all(fields[place] == value for place, value in wanted)
        )

    @cached_property
    def _tally(self) -> Counter[tuple[Any, ...]]:
        """How many rows have each set of values: the tabs of a list ask several times."""
        return Counter(row[1:] for row in self.rows)


@dataclass(frozen=True)
class Plan:
    """The cheapest way to ask for the rows that `matches` gives, from what PostgreSQL thinks of each word.

    GIN reads the whole list of rows of each prefix before it intersects them: « menuiserie dupont » costs as much as
    « menuiserie ». So only the rarest words go through the index, and the others are looked at in the rows left.
    """

    indexed: str | None  # as a tsquery; None: every row
    looked_at: str | None
    about: float = 0  # rows found, at most
    table: float = 0  # rows of the table

    @classmethod
    def narrowing(cls, model: type[models.Model], text: str) -> Plan:
        """For `narrow` alone: of one word there is nothing to choose, and nothing is asked."""
        found = words(text)
        return cls.of(model, text) if len(found) > 1 else cls(_raw(found) if found or text.strip() else None, None)

    @classmethod
    def of(cls, model: type[models.Model], text: str) -> Plan:
        found = words(text)
        if not found:
            return cls("" if text.strip() else None, None)
        table, *each = estimates(model, found)
        sizes = dict(zip(found, each, strict=True))
        rarest = min(sizes.values())
        indexed = [word for word in sizes if sizes[word] <= rarest * _MUCH_MORE]
        others = [word for word in sizes if word not in indexed]
        return cls(_raw(indexed), _raw(others) or None, rarest, table)

    @property
    def along(self) -> Plan:
        """The same words for a walk along the order of a list: each looked at in the rows that are passed."""
        words = " & ".join(part for part in (self.indexed, self.looked_at) if part)
        return replace(self, indexed=None, looked_at=words)

    @property
    def near(self) -> int:
        """How many rows along the index of an order a page is looked for in: four times what an even spread takes, in
        one of a few sizes, so that the statement is one of few."""
        wanted = _PATIENCE * self.table / max(self.about, 1)
        return next((size for size in (512, 1024, 2048, 4096) if size >= wanted), 8192)

    def narrow(self, rows: QuerySet) -> QuerySet:
        if self.finds_nothing:
            return rows.none()
        if self.indexed is not None:
            rows = rows.filter(search=_tsquery(self.indexed))
        return rows.filter(_looked_at(_tsquery(self.looked_at))) if self.looked_at is not None else rows

    @property
    def finds_nothing(self) -> bool:
        """Only signs were typed."""
        return self.indexed == ""

    def frequent(self, order: Any) -> bool:
        """Whether walking the index of the order until a page is met costs less than sorting all that is found."""
        return self.about**2 * (_SORTED if order.is_stored else _FOLDED) > self.table * _WALKED

    @property
    def values(self) -> dict[str, Any]:
        """What a statement that was composed beforehand is sent with."""
        return {"config": CONFIG, "words": self.indexed, "others": self.looked_at}

    def find(self, rows: QuerySet, order: Any, fields: Sequence[str] = ()) -> Found:
        """`order`: the core.keyset.Order of the list, in which they come unless the words are frequent."""
        return Found(list(self.wanted(rows, None if self.frequent(order) else order.of_few, fields)))

    def wanted(self, rows: QuerySet, order: Any, fields: Sequence[str]) -> QuerySet:
        """The rows that `find` reads, in an order or in any."""
        rows = self.narrow(rows)
        rows = rows.order_by() if order is None else order.apply(rows)
        return rows.values_list("pk", *fields)[: FOUND_CAP + 1]


EVERYTHING = Plan(None, None)


def _query(found: list[str]) -> SearchQuery:
    return _tsquery(_raw(found))


def _raw(found: list[str]) -> str:
    return " & ".join(f"{word}:*" for word in found)


def _tsquery(raw: str) -> SearchQuery:
    return SearchQuery(raw, config=CONFIG, search_type="raw")


def _looked_at(query: SearchQuery) -> Func:
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
class Among(models.Lookup):
    """`pk__among=[…]`: one array instead of a thousand parameters."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*params, list(self.rhs))
