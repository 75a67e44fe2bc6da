"""Statements that nearly every page sends, without the ORM's composing of them: it takes longer than their answers.

Each connection prepares those that it runs again (psycopg's `prepare_threshold`, in the settings). A plan made for one
client is never used for another: PostgreSQL makes it anew when search_path is no longer the one that it was made under.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache, wraps
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models import QuerySet
from django.db.models import query as orm
from django.db.models.base import ModelState
from django.db.models.fields.files import FileDescriptor
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, pre_init

M = TypeVar("M", bound=models.Model)
Parameters = Sequence[Any] | Mapping[str, Any]


def fetch(sql: str, params: Parameters = (), *, by_value: bool = False) -> list[tuple[Any, ...]]:
    """The rows of a statement. JSON comes as text. `by_value`: planned for these values, each time."""
    with connection.prepared(by_value=by_value) as cursor:  # type: ignore[attr-defined]  # of our own backend
        cursor.execute(sql, params)
        return cursor.fetchall()


def fetch_models(model: type[M], sql: str, params: Parameters = ()) -> list[M]:
    """Instances of the columns that bear their fields' names; the other columns are attributes of them."""
    with connection.prepared() as cursor:  # type: ignore[attr-defined]
        cursor.execute(sql, params)
        rows = cursor.fetchall()
        if not rows:
            return []
        names = [column.name for column in cursor.description]
    known = _columns(model)
    places = {name: place for place, name in enumerate(names)}
    # In the order of the fields, whatever that of the table: `from_db` takes all of them by place.
    fields = [(places[column], *found) for column, found in known.items() if column in places]
    more = [(place, name) for place, name in enumerate(names) if name not in known]
    make = maker(model, tuple([attname for _place, attname, _read in fields]))
    found = []
    for row in rows:
        one = make([read(row[place]) if read else row[place] for place, _attname, read in fields])
        for place, name in more:
            setattr(one, name, row[place])
        found.append(one)
    return found


def maker(model: type[M], attributes: tuple[str, ...]) -> Callable[[Sequence[Any]], M]:
    """What makes an instance of the values of these attributes, in the order of the fields: as `Model.from_db` does, in
    a tenth of its time. By `from_db` itself where a model, or somebody who listens, has a say in it."""
    if not _is_plain(model, attributes) or pre_init.has_listeners(model) or post_init.has_listeners(model):
        return lambda values: model.from_db(DEFAULT_DB_ALIAS, attributes, values)
    new = model.__new__

    def make(values: Sequence[Any]) -> M:
        one = new(model)
        state = one._state = ModelState()
        state.adding, state.db = False, DEFAULT_DB_ALIAS
        vars(one).update(zip(attributes, values, strict=True))
        return one

    return make


@cache
def _is_plain(model: type[models.Model], attributes: tuple[str, ...]) -> bool:
    """Whether an instance is but its values: nothing of its class is called when they are set."""
    written = inspect.getattr_static  # as the class says it, bound to nothing
    if any(written(model, name) is not written(models.Model, name) for name in ("__new__", "__init__", "from_db")):
        return False
    return all(isinstance(written(model, name), DeferredAttribute | FileDescriptor) for name in attributes)


@cache
def _columns(model: type[models.Model]) -> dict[str, tuple[str, Callable[[Any], Any] | None]]:
    """{column: (attribute, what reads its value)}, in the order of the fields."""
    return {str(field.column): (field.attname, _reader(field)) for field in model._meta.concrete_fields}


def _reader(field: Any) -> Callable[[Any], Any] | None:
    read = getattr(field, "from_db_value", None)
    return (lambda value: read(value, None, connection)) if read else None


class Slotted:
    """A statement sent again and again, with other values for its parameters.

    Only for what depends on nothing but the code: neither on the person, nor on the client, nor on the day.
    """

    def __init__(self, sql: str, params: Sequence[Any], slots: Mapping[Any, str], *, by_value: bool = False) -> None:
        """`slots`: {a value that stands among the parameters: the name under which `rows` is given the real one}.

        A list among them is looked for as a tuple. Raises ValueError for any other parameter: it would be kept with
        the statement. `by_value`: see `fetch`.
        """
        marks = [tuple(param) if isinstance(param, list) else param for param in params]
        if not all(mark in slots for mark in marks):
            raise ValueError(f"{params} in {sql}")
        self._sql, self._slots, self._by_value = sql, [slots[mark] for mark in marks], by_value

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        return fetch(self._sql, [values[slot] for slot in self._slots], by_value=self._by_value)


class Compiled:
    """A queryset of instances, compiled once: see Slotted. Rows that point to one row share its instance."""

    def __init__(self, rows: QuerySet, slots: Mapping[Any, str] | None = None, *, by_value: bool = False) -> None:
        compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        self._statement = Slotted(sql, params, slots or {}, by_value=by_value)
        if compiler.klass_info is None:
            raise TypeError("a queryset of instances")
        select, kinds = compiler.select, compiler.klass_info
        fields = [expression for expression, *_rest in select[: compiler.col_count]]
        self._converters = [(place, *found) for place, found in compiler.get_converters(fields).items()]
        self._model: type[models.Model] = kinds["model"]
        first, last = kinds["select_fields"][0], kinds["select_fields"][-1] + 1
        self._slice = slice(first, last)
        self._attributes = tuple([expression.target.attname for expression, *_rest in select[first:last]])
        related: Any = orm.get_related_populators
        # With the place of the key, where one may be met again: many deals are at one stage.
        self._related = [(_shared(one), one) for one in related(kinds, select, DEFAULT_DB_ALIAS)]
        self._more = list(compiler.annotation_col_map.items()) if compiler.annotation_col_map else []

    def fetch(self, **values: Any) -> list[Any]:
        rows: Any = self._statement.rows(**values)
        if self._converters:
            rows = map(self._converted, rows)
        make, part = maker(self._model, self._attributes), self._slice
        related: list[tuple[int | None, Any, dict[Any, Any]]] = [(*one, {}) for one in self._related]
        found = []
        for row in rows:
            one = make(row[part])
            for place, populator, known in related:
                if place is None:
                    populator.populate(row, one)
                elif row[place] in known:
                    populator.local_setter(one, known[row[place]])
                else:
                    populator.populate(row, one)
                    known[row[place]] = populator.local_setter.__self__.get_cached_value(one)
            for name, place in self._more:
                setattr(one, name, row[place])
            found.append(one)
        return found

    def _converted(self, row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for place, converters, expression in self._converters:
            for convert in converters:
                values[place] = convert(values[place], expression, connection)
        return values


def _shared(populator: Any) -> int | None:
    """Where the key of the related row stands; None unless it is reached by a foreign key of its own table."""
    by_key = isinstance(getattr(populator.local_setter, "__self__", None), models.ForeignKey)
    return populator.cols_start + populator.pk_idx if by_key and populator.reorder_for_init is None else None


def compiled(build: Callable[..., QuerySet]) -> Callable[..., list[Any]]:
    """A function that composes a queryset from `int` and `str` arguments, made into one that gives its instances.

    It is called once, with marks in the place of the values; afterwards its statement is sent with the real ones.
    """
    kinds = {name: parameter.annotation for name, parameter in inspect.signature(build).parameters.items()}
    marks = {name: MARKS[kind](place) for place, (name, kind) in enumerate(kinds.items())}

    @cache
    def statement() -> Compiled:
        return Compiled(build(**marks), {mark: name for name, mark in marks.items()})

    @wraps(build)
    def fetched(**values: Any) -> list[Any]:
        return statement().fetch(**values)

    return fetched


# What stands for a value while a statement is composed: {type as annotated: a value of it that nothing else has}.
MARKS: dict[Any, Callable[[int], Any]] = {
    "int": lambda place: -(2**62) - place,
    "str": lambda place: f"\x7f {place}",
}
MARKS |= {int: MARKS["int"], str: MARKS["str"]}
