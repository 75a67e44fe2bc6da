"""What a page costs does not grow with the table: the same queries for 2 rows and 200, no scan of 100,000."""

import re

import pytest
from django.db import connection

from core.accounts.models import User
from tests.contract.conftest import queries_of
from tests.contract.samples import RELATED, WORD, make_row, sample_of

# Rows of the large table. What is not read whole at 25,000 is not at 100,000 either: reading a table whole costs ever more
# beside its indexes. So one resource is filled to the 100,000 of the requirement, the others less.
LARGE, FEWER = 100_000, 25_000
LARGEST = "crm.company"


def pages(resource, row):
    yield from (resource.list_url, f"{resource.list_url}?q={WORD}", f"{resource.url('lookup')}?q={WORD}")
    yield from (f"/palette/?q={WORD}", "/", resource.url("record", row.pk), resource.url("history", row.pk))


@pytest.mark.parametrize("scope", ["all", "team"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(resource, person, scope):
    reader = person(**{resource.module: "manage"}, scope=scope, teams=["Nord"], rights=resource.sensitive.values())
    owner = {"owner": reader.user} if resource.owner() == "owner" else {}
    row = make_row(resource, **owner)
    related = RELATED.get(resource.model)

    def grow(n: int) -> None:
        for _number in range(n):
            make_row(resource, **owner)
        if related:
            made = related(row, n)
            type(made[0])._default_manager.bulk_create(made)
        name = sample_of(resource).varied[0]
        for number in range(n // 4):
            resource.model._default_manager.filter(pk=row.pk).update(**{name: f"{WORD} {number}"})

    def count() -> dict[str, int]:
        return {url: len(queries_of(reader, url)) for url in pages(resource, row)}

    grow(8)
    count()  # what the first request of all learns (content types, …) is not counted
    few = count()
    grow(200)
    many = count()
    # Fewer is possible: a page of history that no longer reaches an older event needs fewer names. More is looked at
    # twice: a cache that was slow to answer sends the session back to the database.
    grown = [url for url, number in many.items() if number > few[url]]
    assert {url: number for url in grown if (number := len(queries_of(reader, url))) > few[url]} == {}


def test_a_list_reads_nothing_of_the_rows_that_it_points_to_but_their_names(resource, person):
    reader = person(**{resource.module: "manage"}, rights=resource.sensitive.values())
    own, row = resource.model._meta.db_table, make_row(resource)
    assert row.pk
    sent = queries_of(reader, resource.list_url)
    others = set(re.findall(r'"(\w+)"\."search"', " ".join(sent))) - {own}
    assert not others, "whole rows, their search document with them"


def fill(resource, row, owners: list[User]) -> None:
    """Thousands of copies of a row, each with its own text and one of these owners."""
    table, varied = resource.model._meta.db_table, sample_of(resource).varied
    many = LARGE if resource.key() == LARGEST else FEWER
    values = {}
    for field in resource.model._meta.concrete_fields:
        if field.primary_key or field.generated:
            continue
        values[field.column] = f"t.{field.column}"
        if field.name in varied:
            values[field.column] = f"left(t.{field.column} || ' ' || md5((g * {len(values)})::text), 60)"
        elif field.name == "owner":
            # A hundredth of the rows for the first: a person's own are few among everybody's.
            values[field.column] = f"CASE WHEN g %% 100 = 0 THEN {owners[0].pk} ELSE {owners[1].pk} END"
        elif field.name in ("created_at", "updated_at"):
            values[field.column] = "now() - g * interval '1 minute'"
    with connection.cursor() as cursor:
        # No history of a hundred thousand copies: that would take most of the time. What was written before is judged
        # first, or PostgreSQL would not let the table be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())} "
            f"FROM {table} t CROSS JOIN generate_series(1, {many}) g WHERE t.id = %s",
            [row.pk],
        )
        cursor.execute(f"ANALYZE {table}")


def scans(table: str, sql: str) -> str:
    """The plan, when it reads the whole table."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + sql)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    return plan if re.search(rf"Seq Scan on {table}\b", plan) else ""


def api_lists(resource, someone) -> list[str]:
    """The API's lists: each sort, a later page, a search."""
    url = f"/api{resource.list_url}"
    after = someone.get(f"{url}?page_size=20").json()["next"]
    sorts = [f"{url}?sort={sign}{col.name}" for col in resource.columns if col.sort for sign in ("", "-")]
    return [url, after, *sorts, f"{url}?q={WORD}+abc"]


def test_nothing_scans_a_large_table(resource, person):
    everyone = person(**{resource.module: "manage"}, rights=resource.sensitive.values())
    mine = person(**{resource.module: "manage"}, scope="own", rights=resource.sensitive.values())
    fill(resource, make_row(resource), [mine.user, everyone.user])
    table = resource.model._meta.db_table
    for someone in (everyone, mine):
        listing = someone.get(resource.list_url).context["listing"]
        sorts = [f"{resource.list_url}?sort={sign}{col.name}" for col in resource.columns if col.sort for sign in "-+"]
        searches = [
            f"{resource.list_url}?q={WORD}+abc",
            f"/palette/?q={WORD}+abc",
            f"{resource.url('lookup')}?q={WORD}+ab",
        ]
        records = [listing.rows[20].url, someone.get(sorts[-1].replace("+", "")).context["listing"].rows[20].url]
        for url in (
            resource.list_url,
            listing.next_url,
            *records,
            *(sort.replace("+", "") for sort in sorts),
            *searches,
            *api_lists(resource, someone),
        ):
            asked = [sql for sql in queries_of(someone, url) if f'FROM "{table}"' in sql and "ORDER BY" in sql]
            assert asked, url
            for sql in asked:
                assert not (plan := scans(table, sql)), f"{url}\n{sql}\n{plan}"
