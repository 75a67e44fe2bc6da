"""What a record has around its fields, in the API of every resource as on its page: tags and files."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.actions.tags import tag_named, tag_row, tags_of
from core.attachments.actions import attach, discard, files_of
from core.models import Event, Tag
from tests.contract.api import Api, body_of, faults, problem, row_url, rows_url
from tests.contract.samples import make_row


@pytest.fixture
def writer(person, resource):
    return person(**{resource.module: "write"})


def tags(resource, pk) -> list[str]:
    return [tag.name for tag in tags_of(resource.key(), [pk]).get(pk, [])]


# --- tags -----------------------------------------------------------------------------------------------------------
def test_tags_are_put_and_taken_off_with_the_record_and_its_history(resource, writer):
    api = Api(writer.browser)
    tag_named("VIP")
    made = api.post(rows_url(resource), {**body_of(resource), "tags": ["vip", "Salon 2026"]})
    assert made.status_code == 201 and made.json()["tags"] == ["Salon 2026", "VIP"]  # the tag that is there already
    pk = made.json()["id"]
    assert Tag.objects.filter(name__iexact="vip").count() == 1
    answer = api.patch(row_url(resource, pk), {"tags": ["Fidèle"]}, **{"If-Match": made.headers["ETag"]})
    assert answer.json()["tags"] == ["Fidèle"] == tags(resource, pk)
    assert Event.objects.filter(model="core.tagging", actor_id=writer.user.pk).count() >= 3
    # What was read of the tags is no longer true: who still believes it overwrites nothing.
    problem(api.patch(row_url(resource, pk), {"tags": []}, **{"If-Match": made.headers["ETag"]}), 412)
    assert api.put(row_url(resource, pk), answer.json(), **{"If-Match": "*"}).json()["tags"] == ["Fidèle"]
    assert api.patch(row_url(resource, pk), {"tags": []}).json()["tags"] == [] == tags(resource, pk)


def test_a_name_that_the_page_would_not_take_is_refused_and_nothing_is_done(resource, writer):
    api, row = Api(writer.browser), make_row(resource)
    tag_row(row, tag_named("VIP"))
    for name in ("x" * 41, "!!!", "   "):
        for answer in (
            api.patch(row_url(resource, row.pk), {"tags": ["Bon", name]}),
            api.post(rows_url(resource), {**body_of(resource), "tags": [name]}),
        ):
            assert faults(answer, 422) == {"tags": "invalid"}
    assert tags(resource, row.pk) == ["VIP"] and not Tag.objects.filter(name="Bon").exists()
    assert resource.model._default_manager.count() == 1


def test_a_record_that_is_refused_keeps_its_tags(resource, writer):
    api, row = Api(writer.browser), make_row(resource)
    form = resource.form(user=writer.user)
    required = next(name for name, field in form.fields.items() if field.required)
    assert api.patch(row_url(resource, row.pk), {required: "", "tags": ["VIP"]}).status_code in (400, 422)
    assert tags(resource, row.pk) == []


def test_a_reader_puts_no_tag(resource, person):
    row, reader = make_row(resource), person(**{resource.module: "read"})
    problem(Api(reader.browser).patch(row_url(resource, row.pk), {"tags": ["VIP"]}), 403)
    assert tags(resource, row.pk) == []


# --- files ----------------------------------------------------------------------------------------------------------
def test_the_files_of_a_record_are_those_of_its_page(resource, person):
    row, other, reader = make_row(resource), make_row(resource), person(**{resource.module: "read"})
    api, url = Api(reader.browser), f"{row_url(resource, row.pk)}files/"
    attach(
        row, [SimpleUploadedFile("notes.txt", "été".encode()), SimpleUploadedFile("vieux.txt", b"x")], by=reader.user
    )
    attach(other, [SimpleUploadedFile("ailleurs.txt", b"y")], by=reader.user)
    discard(files_of(row).filter(name="vieux.txt"))
    assert "notes.txt" in reader.get(resource.url("files", row.pk)).content.decode()
    found = api.get(url).json()
    assert [file["name"] for file in found["results"]] == ["notes.txt"] and found["next"] is None
    told = found["results"][0]
    answer = api.browser.get(told["url"])
    content = b"".join(answer.streaming_content)
    assert content.decode() == "été" and told["sha256"] == hashlib.sha256(content).hexdigest()
    assert told["size"] == len(content)
    assert answer.headers["Content-Disposition"].startswith("attachment") and "sandbox" in str(answer.headers)
    # Of another record, deleted, or none: not found.
    elsewhere = files_of(other).get()
    for pk in (elsewhere.pk, told["id"] + 1, 10**17):
        problem(api.get(f"{url}{pk}/"), 404)


def test_files_follow_one_another_by_pages(resource, person, monkeypatch):
    monkeypatch.setattr("core.api.files.PAGE", 2)
    row, reader = make_row(resource), person(**{resource.module: "read"})
    attach(row, [SimpleUploadedFile(f"{n}.txt", b"x%d" % n) for n in range(5)], by=reader.user)
    api, seen = Api(reader.browser), []
    answer = api.get(f"{row_url(resource, row.pk)}files/").json()
    while True:
        seen += [file["name"] for file in answer["results"]]
        if not answer["next"]:
            break
        answer = api.browser.get(answer["next"]).json()
    assert seen == ["4.txt", "3.txt", "2.txt", "1.txt", "0.txt"]
    for wrong in ({"before": "x"}, {"before": ""}, {"before": "0"}, {"page": "2"}):
        problem(api.get(f"{row_url(resource, row.pk)}files/", **wrong), 400)
