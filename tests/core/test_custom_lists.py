"""Custom fields in lists: columns, sorting with its blanks, filters with their counts, search, bulk edits, views."""

from decimal import Decimal

import pytest
from django.db import connection

from core.custom.actions import archive_field, change_field
from core.custom.indexes import present, reconcile, wanted
from core.models import Event, SavedView
from crm.models import Company
from crm.resources import CompanyResource
from tests.contract.conftest import filled
from tests.core.custom_fields import EXAMPLES, OPTIONS, make_all, make_field

LIST = "/crm/companies/"


@pytest.fixture
def sales(atelier, signed_in):
    return signed_in(atelier)


def fill(field, values):
    """A company for each value, None for none."""
    return Company.objects.bulk_create(
        [
            Company(name=f"S{number:03}", custom={} if value is None else {field.key: value})
            for number, value in enumerate(values)
        ]
    )


def pages(browser, url):
    """The titles of all pages, forwards then backwards."""
    forwards, here = [], url
    while here:
        listing = browser.get(here).context["listing"]
        assert not listing.notices
        forwards.append([row.title for row in listing.rows])
        last, here = listing, listing.next_url
    backwards, here = [], last.previous_url
    while here:
        listing = browser.get(here).context["listing"]
        backwards.insert(0, [row.title for row in listing.rows])
        here = listing.previous_url
    return [title for page in forwards for title in page], backwards, forwards


def titles(browser, **params):
    listing = browser.get(LIST, params).context["listing"]
    assert not listing.notices, listing.notices
    return [row.title for row in listing.rows]


VALUES = {
    "text": (["éa", "Eb", "ec", "Z"], None),
    "number": ([Decimal("-2.5"), 0, Decimal("0.1"), 10], None),
    "money": ([-1, 2, Decimal("3.50"), 20], None),
    "date": (["1999-12-31", "2026-01-02", "2026-01-10", "2026-11-01"], None),
    "choice": (["o3", "o1", "o2"], [*OPTIONS[2:], *OPTIONS[:2]]),
    "link": (["https://a.fr", "https://b.fr", "https://c.fr"], None),
    "checkbox": ([None, True], None),
}


@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize("kind", VALUES)
def test_sorting_goes_through_all_rows_once_both_ways_blanks_last(sales, kind, indexed, monkeypatch):
    ordered, options = VALUES[kind]
    field = make_field(CompanyResource, kind, sortable=True, **({"options": options} if options else {}))
    if indexed:
        assert reconcile(Company) == []
    given = [value for value in ordered for _ in range(25)] + [None] * 70
    given = given[::3] + given[1::3] + given[2::3]  # so that the order is the sort's and not the insertion's
    rows = {f"S{number:03}": value for number, value in enumerate(given)}
    fill(field, given)
    for sign in ("", "-"):
        found, backwards, forwards = pages(sales, f"{LIST}?sort={sign}{field.key}")
        assert sorted(found) == sorted(rows), "no row lost, none twice"
        if kind == "checkbox":
            ranks = [bool(rows[title]) for title in found]
            assert ranks == sorted(ranks, reverse=bool(sign))
        else:
            values = [rows[title] for title in found]
            assert values[-70:] == [None] * 70
            ranks = [ordered.index(value) for value in values[:-70]]
            assert ranks == sorted(ranks, reverse=bool(sign))
        assert backwards == forwards[: len(backwards)] and len(backwards) == len(forwards) - 1


def test_neighbours_follow_the_sort_through_its_blanks(sales):
    field = make_field(CompanyResource, "number", sortable=True)
    fill(field, [3, None, 1, None])
    listing = sales.get(LIST, {"sort": f"-{field.key}"}).context["listing"]
    urls = [row.url for row in listing.rows]
    seen = [sales.get(url).context for url in urls]
    assert [context["previous_url"].split("?")[0] for context in seen[1:]] == [url.split("?")[0] for url in urls[:-1]]
    assert [context["next_url"].split("?")[0] for context in seen[:-1]] == [url.split("?")[0] for url in urls[1:]]


def test_columns_are_offered_kept_and_shown_in_words(sales):
    fields = make_all(CompanyResource)
    shown = make_field(CompanyResource, label="D’emblée", in_list=True)
    row = Company.objects.create(name="Kervella")
    for kind, example in EXAMPLES.items():
        row._meta.get_field("custom")
        row.custom[fields[kind].key] = {"number": Decimal("12.5"), "money": Decimal("1234.50"), "checkbox": True}.get(
            kind, example.typed
        )
    row.save()
    assert [column.label for column in sales.get(LIST).context["listing"].columns][-1] == shown.label
    names = [field.key for field in fields.values()]
    assert sales.post(f"{LIST}columns/", {"order": names, "columns": names, "save": "1"}).status_code == 302
    page = sales.get(LIST).content.decode()
    for kind, example in EXAMPLES.items():
        words = "14 mars" if kind == "date" else example.words
        assert words in page and fields[kind].label in page, kind


def test_options_are_ticked_counted_and_may_be_absent(sales):
    field = make_field(CompanyResource, "choice", filterable=True, label="Couleur")
    fill(field, ["o1", "o1", "o2", None])
    assert titles(sales, **{field.key: "o1"}) == ["S000", "S001"]
    assert titles(sales, **{field.key: ["o2", "none"]}) == ["S002", "S003"]
    assert sales.get(f"{LIST}facets/{field.key}/").json() == {"o1": "2", "o2": "1", "none": "1"}
    page = sales.get(LIST, {field.key: "o1"})
    [chip] = page.context["listing"].chips
    assert (chip["label"], chip["value"]) == ("Couleur", "Bleu nuit")
    assert 'class="count">1<' in page.content.decode()


def test_several_options_are_each_counted(sales):
    field = make_field(CompanyResource, "choices", filterable=True)
    fill(field, [["o1", "o2"], ["o2"], None])
    assert titles(sales, **{field.key: "o2"}) == ["S000", "S001"]
    assert titles(sales, **{field.key: ["o1", "none"]}) == ["S000", "S002"]
    assert sales.get(f"{LIST}facets/{field.key}/").json() == {"o1": "1", "o2": "2", "none": "1"}


def test_a_box_is_yes_or_no(sales):
    field = make_field(CompanyResource, "checkbox", filterable=True)
    fill(field, [True, None])
    assert titles(sales, **{field.key: "1"}) == ["S000"] and titles(sales, **{field.key: "0"}) == ["S001"]
    assert titles(sales, **{field.key: ["0", "1"]}) == ["S000", "S001"]
    assert sales.get(f"{LIST}facets/{field.key}/").json() == {"1": "1", "0": "1"}


def test_figures_and_dates_have_bounds(sales):
    money = make_field(CompanyResource, "money", filterable=True)
    fill(money, [1, Decimal("2.50"), 10, None])
    assert titles(sales, **{f"{money.key}_min": "2.5"}) == ["S001", "S002"]
    assert titles(sales, **{f"{money.key}_min": "2", f"{money.key}_max": "9"}) == ["S001"]
    date = make_field(CompanyResource, "date", filterable=True)
    Company.objects.all().delete()
    fill(date, ["2026-01-31", "2026-02-01", None])
    assert titles(sales, **{f"{date.key}_min": "2026-02-01"}) == ["S001"]
    assert titles(sales, **{f"{date.key}_max": "2026-01-31"}) == ["S000"]
    chips = sales.get(LIST, {f"{date.key}_max": "2026-01-31"}).context["listing"].chips
    assert [chip["value"] for chip in chips] == ["≤ 31 jan. 2026"]


def test_texts_are_found_by_their_beginning_without_accents(sales):
    field = make_field(CompanyResource, filterable=True)
    fill(field, ["Éclair doré", "Eclat", "Autre éclair", None])
    assert titles(sales, **{field.key: "écl"}) == ["S000", "S001"]
    assert titles(sales, **{field.key: "ECLAIR D"}) == ["S000"]
    assert titles(sales, **{field.key: "%"}) == ["S000", "S001", "S002", "S003"]


def test_a_bound_that_is_none_is_ignored_with_a_notice(sales):
    money, date = (make_field(CompanyResource, kind, filterable=True) for kind in ("money", "date"))
    fill(money, [1])
    for params in ({f"{money.key}_min": "1e400"}, {f"{money.key}_min": "abc"}, {f"{date.key}_min": "hier"}):
        listing = sales.get(LIST, params).context["listing"]
        assert listing.notices and len(listing.rows) == 1
    assert titles(sales, **{f"{date.key}_max": "0024-01-01"}) == []


def test_the_search_finds_texts_and_links_not_options_nor_what_is_reserved(sales):
    text, choice = make_field(CompanyResource), make_field(CompanyResource, "choice")
    secret = make_field(CompanyResource, label="Secret", reserved_for="manage")
    Company.objects.create(name="A", custom={text.key: "Qwertov éclair", choice.key: "o1", secret.key: "Zyqov"})
    assert titles(sales, q="qwert ecl") == ["A"]
    assert titles(sales, q="o1") == [] and titles(sales, q="zyqov") == []


def test_many_rows_are_given_a_value_and_keep_their_others(sales):
    fields = make_all(CompanyResource)
    other = make_field(CompanyResource, label="Autre")
    rows = [Company.objects.create(name=f"S{n}", custom={other.key: f"v{n}"}) for n in range(3)]
    for kind, example in EXAMPLES.items():
        key = fields[kind].key
        typed = "1" if kind == "checkbox" else example.typed
        ids = ",".join(str(row.pk) for row in rows)
        asked = sales.post(f"{LIST}bulk/", {"action": "edit", "ids": ids})
        answer = sales.post(f"{LIST}bulk/", {**filled(asked), "action": "edit", "set": key, key: typed})
        assert answer.status_code == 302, (kind, answer.context["error"], answer.context["form"].errors)
        for number, row in enumerate(rows):
            row.refresh_from_db()
            assert getattr(row, key) == example.value and row.custom[other.key] == f"v{number}", kind
    assert Event.objects.filter(fields=[fields["text"].key]).count() == 3
    asked = sales.post(f"{LIST}bulk/", {"action": "edit", "ids": ids})
    sales.post(f"{LIST}bulk/", {**filled(asked), "action": "edit", "set": fields["text"].key, fields["text"].key: ""})
    rows[0].refresh_from_db()
    assert fields["text"].key not in rows[0].custom


def test_assigning_many_rows_touches_no_custom_field(sales):
    field = make_field(CompanyResource, label="Gardé")
    row = Company.objects.create(name="A", custom={field.key: "x"})
    asked = sales.post(f"{LIST}bulk/", {"action": "assign", "ids": str(row.pk)})
    assert field.key not in asked.content.decode()
    assert sales.post(f"{LIST}bulk/", {**filled(asked), "action": "assign"}).status_code == 302
    row.refresh_from_db()
    assert row.custom == {field.key: "x"}


def test_a_saved_view_that_names_an_archived_field_still_opens_and_says_so(sales, atelier):
    from core.accounts.models import User

    field = make_field(CompanyResource, "choice", filterable=True, sortable=True)
    owner = User.objects.get(email="sales@atelier.example")
    view = SavedView.objects.create(
        resource="crm.company", owner=owner, name="Bleus", columns=[field.key, "city"], position=1,
        params={field.key: ["o1"], "sort": [field.key]},
    )  # fmt: skip
    fill(field, ["o1", "o2"])
    url = f"{LIST}?view={view.pk}&{field.key}=o1&sort={field.key}"
    assert [row.title for row in sales.get(url).context["listing"].rows] == ["S000"]
    archive_field(field, by=None)
    listing = sales.get(url).context["listing"]
    assert len(listing.rows) == 2 and len(listing.notices) == 2
    assert [column.name for column in listing.columns] == ["name", "city"]


def test_a_reserved_field_is_no_column_no_filter_no_sort_for_others(sales, atelier, signed_in):
    field = make_field(CompanyResource, "choice", reserved_for="manage", filterable=True, sortable=True, in_list=True)
    fill(field, ["o1", None])
    page = sales.get(LIST)
    assert field.key not in page.content.decode() and field.label not in page.content.decode()
    assert sales.get(LIST, {field.key: "o1"}).context["listing"].notices
    assert sales.get(LIST, {"sort": field.key}).context["listing"].notices
    assert sales.get(f"{LIST}facets/{field.key}/").status_code == 404
    boss = signed_in(atelier, "administrator")
    assert [row.title for row in boss.get(LIST, {field.key: "o1"}).context["listing"].rows] == ["S000"]


def test_indexes_follow_the_definitions(atelier):
    fields = make_all(CompanyResource, sortable=True, filterable=True)
    assert reconcile(Company) == []
    assert set(present(Company)) == set(wanted(Company)) and len(wanted(Company)) == 9
    before = set(present(Company))
    change_field(fields["choice"], by=None, options=[*OPTIONS[1:], OPTIONS[0]])
    archive_field(fields["text"], by=None)
    reconcile(Company)
    after = set(present(Company))
    assert after == set(wanted(Company)) and len(after) == 8 and len(before - after) == 2


def test_a_file_holds_the_columns_with_their_types(sales, atelier, signed_in):
    import csv
    import io

    boss = signed_in(atelier, "administrator")
    fields = make_all(CompanyResource, in_list=True, filterable=True)
    create = {"name": "Kervella", "kind": "business", "relation": "prospect"}
    create |= {fields[kind].key: example.typed for kind, example in EXAMPLES.items()}
    assert boss.post(f"{LIST}new/", create).status_code == 302
    Company.objects.create(name="Sans rien")
    answer = boss.post(f"{LIST}export/?{fields['money'].key}_min=&sort=name", {"format": "csv", "columns": "shown"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    head, full, empty = csv.reader(io.StringIO(text), delimiter=";")
    full, empty = dict(zip(head, full, strict=True)), dict(zip(head, empty, strict=True))
    told = {kind: full[field.label] for kind, field in fields.items()}
    assert told == {
        "text": "Qwertov Éclair", "number": "12,5", "money": "1234,5", "date": "2026-03-14", "choice": "Rouge vif",
        "choices": "Bleu nuit, Vert d’eau", "link": "https://exemple.fr/a", "checkbox": "Oui",
    }  # fmt: skip
    assert [empty[field.label] for field in fields.values()] == ["", "", "", "", "", "", "", "Non"]


def test_a_row_comes_back_from_the_bin_with_numbers_that_are_numbers(sales):
    money = make_field(CompanyResource, "money")
    row = fill(money, [Decimal("123456789012.34")])[0]
    before = Company.objects.get(pk=row.pk).custom
    sales.post(f"{LIST}{row.pk}/delete/")
    from core.models import BinnedRow

    assert sales.post(f"/bin/{BinnedRow.objects.get(object_id=row.pk).pk}/restoration/").status_code == 302
    assert Company.objects.get(pk=row.pk).custom == before == {money.key: Decimal("123456789012.34")}
    with connection.cursor() as cursor:
        cursor.execute("SELECT jsonb_typeof(custom -> %s) FROM crm_company WHERE id = %s", [money.key, row.pk])
        assert cursor.fetchone() == ("number",)


def plans(browser, url):
    """The plans of the statements on companies that a list asks for."""
    from tests.contract.conftest import queries_of

    found = []
    for sql in queries_of(browser, url):
        if 'FROM "crm_company"' in sql and "LIMIT 51" in sql:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + sql)
                found.append("\n".join(line for (line,) in cursor.fetchall()))
    return found


def test_a_sorted_list_reads_its_index_and_no_whole_table(sales):
    fields = {kind: make_field(CompanyResource, kind, sortable=True) for kind in VALUES}
    values = ", ".join(
        f"'{field.key}', " + {
            "text": "md5(g::text)", "link": "'https://' || md5(g::text)", "number": "g", "money": "g",
            "date": "(date '2000-01-01' + g % 5000)::text", "choice": "'o' || (1 + g % 3)", "checkbox": "true",
        }[kind]
        for kind, field in fields.items()
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crm_company (name, legal_name, kind, relation, is_supplier, siren, siret, vat_number, naf, "
            "registry_state, address, postcode, city, phone, email, website, source, note, updated_at, custom) "
            "SELECT 'S' || g, '', 'business', 'prospect', false, '', '', '', '', '', '', '', '', '', '', '', '', '', "
            f"now(), CASE WHEN g % 2 = 0 THEN jsonb_build_object({values}) ELSE '{{}}' END FROM generate_series(1, 30000) g"
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        reconcile(Company)
    for field in fields.values():
        for sign in ("", "-"):
            for plan in plans(sales, f"{LIST}?sort={sign}{field.key}"):
                assert f"cf_{field.key}_" in plan and "Sort" not in plan, plan
