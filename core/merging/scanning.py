"""The whole base looked through for duplicates, as a job: each rule joins the table with itself once, by hashing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.display import number
from core.jobs import JobError, Result, Running, job_kind
from core.merging.declaring import MAX_SCORE, Duplicates, Near, Same
from core.merging.nearness import near
from core.models import DuplicatePair
from core.references import resource_named

if TYPE_CHECKING:
    from core.resource import Resource

GROUP = 30  # so many rows with one value are a habit (a switchboard, "Dupont"), not duplicates
MOST = 20_000  # pairs kept of one rule
_CHUNK = 2_000


@job_kind("duplicates", label=gettext_lazy("Recherche de doublons"), restart=True)
def scan(job: Running, *, resource: str) -> Result:
    """Find again every pair of a resource. What was set aside stays so; what is no longer alike goes."""
    found = resource_named(resource)
    if found is None or found.duplicates is None:
        raise JobError(_("Ces fiches n’ont pas de recherche de doublons."))
    rules, stamp = found.duplicates, timezone.now()
    job.total(len(rules.rules) + 1)
    pairs: dict[tuple[int, int], list[str]] = {}
    cut = False
    for rule in rules.rules:
        job.advance(0, str(rule.label))
        count = 0
        for low, high in _pairs(found.model, rule, rules):
            pairs.setdefault((low, high), []).append(rule.name)
            count += 1
        cut = cut or count >= MOST
        job.advance()
    _keep(found, pairs, stamp)
    job.advance()
    return Result(_told(found, cut), found.url("duplicates"), {"pairs": len(pairs)})


def _told(resource: type[Resource], cut: bool) -> str:
    """The number of pairs is of the whole base: each person sees those of their own rows."""
    count = DuplicatePair.objects.filter(model=resource.key(), dismissed_at=None).count()
    text = ngettext("%s doublon possible.", "%s doublons possibles.", count) % number(count)
    more = _("Il y en a davantage : fusionnez ceux-ci, puis recherchez de nouveau.")
    return f"{text} {more}" if cut else text


def _keep(resource: type[Resource], pairs: dict[tuple[int, int], list[str]], stamp: Any) -> None:
    rules, key = resource.duplicates, resource.key()
    assert rules is not None
    weights = {rule.name: rule.weight for rule in rules.rules}
    DuplicatePair.objects.bulk_create(
        [
            DuplicatePair(
                model=key, object_id=low, other_id=high, reasons=names, found_at=stamp,
                score=min(MAX_SCORE, sum(weights[name] for name in names)),
            )
            for (low, high), names in pairs.items()
        ],
        batch_size=_CHUNK, update_conflicts=True, unique_fields=["model", "object_id", "other_id"],
        update_fields=["reasons", "score", "found_at"],
    )  # fmt: skip
    DuplicatePair.objects.filter(model=key, dismissed_at=None).exclude(found_at=stamp).delete()


def _pairs(model: type[models.Model], rule: Same | Near, rules: Duplicates) -> Iterator[tuple[int, int]]:
    with connection.cursor() as cursor:
        if isinstance(rule, Same):
            cursor.execute(_same(model, rule, rules), [GROUP, MOST])
            yield from cursor.fetchall()
            return
        cursor.execute(_near(model, rule, rules), [GROUP, GROUP, MOST])
        for low, high, one, other in cursor.fetchall():
            if near(one, other):
                yield low, high


def _column(model: type[models.Model], name: str) -> str:
    column: Any = model._meta.get_field(name)
    return connection.ops.quote_name(column.column)


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _same(model: type[models.Model], rule: Same, rules: Duplicates) -> str:
    values = ", ".join(f"(lower({_column(model, n)}))" if rule.lower else f"({_column(model, n)})" for n in rule.fields)
    return f"""
        WITH keyed AS MATERIALIZED (
            SELECT DISTINCT t.id, k.value{_unlike_columns(model, rules)}
            FROM {_table(model)} t CROSS JOIN LATERAL (VALUES {values}) k(value) WHERE k.value <> ''
        ), shared AS (SELECT value FROM keyed GROUP BY value HAVING count(*) BETWEEN 2 AND %s)
        SELECT DISTINCT a.id, b.id FROM shared s JOIN keyed a ON a.value = s.value JOIN keyed b ON b.value = s.value
        WHERE a.id < b.id{_unlike(rules)} LIMIT %s
    """  # noqa: S608 - names of our own tables and columns


def _near(model: type[models.Model], rule: Near, rules: Duplicates) -> str:
    """Rows of like names at one place; then rows of like names of which one has no place."""
    name = " || ' ' || ".join(f"t.{_column(model, part)}" for part in rule.fields)
    place = "''"
    if rule.place:
        field = model._meta.get_field(rule.place)
        column = f"t.{_column(model, rule.place)}"
        place = f"coalesce({column}::text, '')" if field.is_relation else f"public.b2o_fold({column})"
    pair = "least(a.id, b.id), greatest(a.id, b.id), a.name, b.name"
    return f"""
        WITH keyed AS MATERIALIZED (
            SELECT t.id, {name} AS name, public.b2o_likeness({name}) AS value, {place} AS place
                {_unlike_columns(model, rules)} FROM {_table(model)} t
        ), counted AS MATERIALIZED (
            SELECT *, count(*) OVER (PARTITION BY value) AS alike, count(*) OVER (PARTITION BY value, place) AS here
            FROM keyed WHERE value <> ''
        )
        SELECT {pair} FROM counted a JOIN counted b ON a.value = b.value AND a.place = b.place
        WHERE a.id < b.id AND a.here <= %s{_unlike(rules)}
        UNION ALL
        SELECT {pair} FROM counted a JOIN counted b ON a.value = b.value
        WHERE a.place = '' AND b.place <> '' AND a.alike <= %s{_unlike(rules)}
        LIMIT %s
    """  # noqa: S608 - names of our own tables and columns


def _unlike_columns(model: type[models.Model], rules: Duplicates) -> str:
    return "".join(f", t.{_column(model, name)} AS u{place}" for place, name in enumerate(rules.unlike))


def _unlike(rules: Duplicates) -> str:
    """Two different numbers say that they are not the same."""
    return "".join(
        f" AND (a.u{place} = '' OR b.u{place} = '' OR a.u{place} = b.u{place})" for place, _n in enumerate(rules.unlike)
    )
