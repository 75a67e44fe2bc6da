"""« Imprimer la fiche »: the PDF of a record shows what its page shows to this person, and leaves a line (R02)."""

import hashlib
import io

import pytest
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from core.actions.notes import write_note
from core.models import Extraction
from tests.contract.conftest import connection, snapshot
from tests.contract.samples import RELATED, RESOURCES, make_row, sample_of

PRINTED = {"related": "1", "notes": "1"}


def text_of(answer) -> str:
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf", answer.content[:500]
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())


def right_of(resource) -> list[str]:
    return [resource.extraction_right] if resource.extraction_right else []


def test_the_pdf_has_the_title_the_facts_and_the_notes_and_its_line_in_the_register(resource, person):
    row = make_row(resource)
    reader = person(**{resource.module: "read"}, rights=right_of(resource))
    write_note(resource, row, "Rappeler #panic() *lundi*", by=reader.user)
    before, url = snapshot(resource), resource.url("print", row.pk)
    assert url in reader.get(resource.url("record", row.pk)).content.decode()
    assert reader.get(url).status_code == 200 and not Extraction.objects.exists()
    answer = reader.post(url, PRINTED)
    text = text_of(answer)
    assert " ".join(resource.title(row).split()) in text and "Rappeler #panic() *lundi*" in text
    assert reader.user.get_full_name() in text
    line = Extraction.objects.get(resource=resource.key(), actor=reader.user)
    assert (line.way, line.format, line.end.rows, line.end.outcome) == ("print", "pdf", 1, "complete")
    assert line.end.sha256 == hashlib.sha256(answer.content).hexdigest() and line.end.size == len(answer.content)
    assert snapshot(resource) == before


def test_what_was_not_asked_for_is_not_on_it(resource, person):
    row = make_row(resource)
    reader = person(**{resource.module: "read"}, rights=right_of(resource))
    write_note(resource, row, "Confidence de la cliente", by=reader.user)
    assert "Confidence" not in text_of(reader.post(resource.url("print", row.pk)))


def test_no_row_out_of_reach_and_nobody_without_the_right_is_printed(resource, person):
    row = make_row(resource)
    url = resource.url("print", row.pk)
    nobody = person()
    assert (nobody.get(url).status_code, nobody.post(url, PRINTED).status_code) == (403, 403)
    if resource.owner() == "owner":
        me, other = person(**{resource.module: "read"}, scope="own", rights=right_of(resource)), person()
        hidden = resource.url("print", make_row(resource, owner=other.user).pk)
        assert (me.get(hidden).status_code, me.post(hidden, PRINTED).status_code) == (404, 404)
    assert not Extraction.objects.exists()


def test_a_named_right_is_asked_for_where_the_list_demands_one(resource, person, monkeypatch):
    row = make_row(resource)
    monkeypatch.setattr(resource, "extraction_right", "essai.sortir")
    url = resource.url("print", row.pk)
    clerk = person(**{resource.module: "manage"})
    referent = person(**{resource.module: "read"}, rights=["essai.sortir"])
    assert (clerk.get(url).status_code, clerk.post(url, PRINTED).status_code) == (403, 403)
    assert url not in clerk.get(resource.url("record", row.pk)).content.decode()
    text_of(referent.post(url, PRINTED))
    for pointing in RESOURCES:  # nor do its rows leave on the record of another
        for related in pointing.related:
            if related.resource is resource:
                other = make_row(pointing)
                type(other)._default_manager.filter(pk=other.pk)
                resource.model._default_manager.filter(pk=row.pk).update(**{related.field: other})
                assert resource.title(row) not in text_of(clerk.post(pointing.url("print", other.pk), PRINTED))


CASES = [(resource, name) for resource in RESOURCES for name in resource.sensitive]


@pytest.mark.parametrize(("held", "name"), CASES, ids=[f"{held.key()}.{name}" for held, name in CASES])
def test_a_sensitive_field_is_on_it_with_its_right_only(held, name, person):
    value, traces = sample_of(held).sensitive[name]
    row = make_row(held)
    held.model._default_manager.filter(pk=row.pk).update(**{name: value})
    url = held.url("print", row.pk)
    clerk = person(**{held.module: "manage"}, rights=right_of(held))
    chief = person(**{held.module: "manage"}, rights=[held.sensitive[name], *right_of(held)])
    text = text_of(clerk.post(url, PRINTED))
    assert not [trace for trace in traces if trace in text]
    assert traces[0].replace("\u202f", "") in text_of(chief.post(url, PRINTED)).replace("\u202f", "").replace(" ", "")
    lines = {line.actor_id: line.columns for line in Extraction.objects.filter(resource=held.key())}
    assert name not in lines[clerk.user.pk] and name in lines[chief.user.pk]


def test_its_queries_do_not_depend_on_the_number_of_rows(resource, person):
    row, related = make_row(resource), RELATED.get(resource.model)
    reader = person(**{resource.module: "read"}, rights=right_of(resource))

    def grow(n: int) -> None:
        made = related(row, n) if related else []
        for one in made:
            one.save()
        for number in range(n):
            write_note(resource, row, f"Note {number}", by=reader.user)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            text_of(reader.post(resource.url("print", row.pk), PRINTED))
        return len(queries)

    grow(3)
    count()
    few = min(count() for _time in range(3))  # a cache that was slow to answer sends the session to the database
    grow(30)
    assert min(count() for _time in range(3)) <= few
