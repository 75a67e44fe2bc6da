"""Every resource is imported from a CSV file that nobody designed: created, updated, left alone; within rights and reach."""

import csv
import io

import pytest
from django.urls import reverse

from core.importing.targets import targets
from core.models import Event, ImportBatch
from tests.contract.conftest import snapshot
from tests.contract.samples import WORD, make_row, sample_of
from tests.core.importing import Desk

pytestmark = pytest.mark.usefixtures("atelier")


@pytest.fixture
def desk_of(person, django_capture_on_commit_callbacks):
    """`desk_of(resource, scope="own")`: the import's screens, before somebody with that reach."""

    def make(resource, **rights) -> Desk:
        someone = person(**{resource.module: "write"}, **rights)
        desk = Desk(someone.browser, django_capture_on_commit_callbacks, resource.url_name("").rstrip("-"))
        desk.user = someone.user
        return desk

    return make


def file_of(resource, user, *rows) -> bytes:
    """Rows of form values, under the titles that the screens give to the fields."""
    labels = {target.name: target.label for target in targets(resource, user)}
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow([labels.get(name, name) for name in names])
    writer.writerows([[row.get(name, "") for name in names] for row in rows])
    return text.getvalue().encode("cp1252")


def test_lines_become_rows_under_one_operation_and_leave_with_it(resource, desk_of):
    desk, sample = desk_of(resource), sample_of(resource)
    before = snapshot(resource)
    desk.take(file_of(resource, desk.user, {**sample.form, **sample.change}), key="")
    assert desk.counts == (1, 0, 0, 0), desk.refusals()
    assert snapshot(resource) == before
    desk.confirm()
    (row,) = [row for row in snapshot(resource) if row not in before]
    for name, value in sample.change.items():
        assert str(row[resource.model._meta.get_field(name).attname]) == value
    events = Event.objects.filter(model=resource.key(), object_id=row["id"])
    assert [event.operation for event in events] == [desk.batch.operation]
    desk.undo()
    assert snapshot(resource) == before


def test_the_same_file_changes_nothing_and_another_value_updates(resource, desk_of):
    desk, sample = desk_of(resource), sample_of(resource)
    row = make_row(resource)
    content = file_of(resource, desk.user, {"id": str(row.pk), **sample.change})
    desk.take(content, key="id")
    assert desk.counts == (0, 1, 0, 0), desk.refusals()
    desk.confirm()
    desk.take(content, key="id")
    assert desk.counts == (0, 0, 1, 0)


def test_without_the_level_there_is_no_import(resource, person):
    reader = person(**{resource.module: "read"})
    assert reader.get(resource.import_url).status_code == 403
    assert reader.post(resource.import_url, {}).status_code == 403
    assert not ImportBatch.objects.exists()


def test_a_row_out_of_reach_is_neither_changed_nor_quoted(resource, desk_of):
    if not resource.owner():
        return  # rows of nobody in particular: the level decides alone
    desk, sample = desk_of(resource, scope="own"), sample_of(resource)
    secret = make_row(resource)
    before = snapshot(resource)
    page = desk.take(file_of(resource, desk.user, {"id": str(secret.pk), **sample.change}), key="id")
    assert desk.counts == (0, 0, 0, 1)
    assert WORD not in page.content.decode()
    assert snapshot(resource) == before


def test_a_sensitive_field_is_no_target(resource, desk_of):
    desk, sample = desk_of(resource), sample_of(resource)
    known = {target.name for target in targets(resource, desk.user)}
    assert not known & set(sample.sensitive)
    for name, (value, _texts) in sample.sensitive.items():
        desk.send(file_of(resource, desk.user, {**sample.form, name: str(value)}))
        assert desk.guessed()[name] == ""
        desk.map({name: name}, key="")
        desk.confirm()
        assert not resource.model._default_manager.filter(**{name: value}).exists()


def test_a_mapping_is_nobody_elses_page(resource, desk_of, person):
    desk = desk_of(resource)
    desk.send(file_of(resource, desk.user, sample_of(resource).form))
    narrow = person(**{resource.module: "write"}, scope="own") if resource.owner() else person()
    for name in ("import-columns", "import-layout", "import-batch"):
        answer = narrow.get(reverse(name, args=[desk.batch.pk]))
        assert answer.status_code in (403, 404)
