"""A custom field goes every way that a field of the model's own goes: for every resource, with nothing declared."""

import csv
import io

import pytest

from core.custom.definitions import fields_of
from core.models import BinnedRow, CustomField, Event
from tests.contract.api import Api, row_url, rows_url
from tests.contract.conftest import filled
from tests.contract.samples import WORD, make_row, sample_of
from tests.core.custom_fields import EXAMPLES, OPTIONS, make_all, make_field
from tests.core.importing import Desk

SCREEN = "/settings/fields/"
# As people write them in a file.
TYPED = {
    "text": "Qwertov Éclair", "number": "12,5", "money": "1 234,50 €", "date": "14/03/2026", "choice": "rouge vif",
    "choices": "Bleu nuit, Vert d’eau", "link": "https://exemple.fr/a", "checkbox": "oui",
}  # fmt: skip


@pytest.fixture
def boss(resource, person):
    return person(settings="manage", rights=[f"{resource.module}.export"], **{resource.module: "manage"})


def values_of(row, fields) -> dict:
    row.refresh_from_db()
    return {kind: getattr(row, field.key) for kind, field in fields.items()}


WANTED = {kind: example.value for kind, example in EXAMPLES.items()}


def test_made_on_screen_it_is_on_every_page(resource, boss, within, horizon):
    new = {"label": "Parrain", "personal": "no", "reason": "une société", "audit": "value"}
    new |= {"in_list": "on", "sortable": "on", "filterable": "on"}
    made = boss.post(f"{SCREEN}new/?resource={resource.key()}&kind=text", new)
    assert made.status_code == 302, made.context["form"].errors
    key = CustomField.objects.get().key
    form = {**sample_of(resource).form, key: "Qwertov"}
    assert boss.post(resource.create_url, form).status_code == 302
    row = resource.model._default_manager.latest("pk")
    url = resource.url("record", row.pk)
    for page in (resource.list_url, f"{resource.list_url}?{key}=qwer", url, f"{url}edit/", f"{url}history/"):
        text = boss.get(page).content.decode()
        assert "Parrain" in text and "Qwertov" in text, page
    assert len(boss.get(resource.list_url, {"q": "qwertov"}).context["listing"].rows) == 1
    assert len(boss.get(resource.list_url, {key: "autre"}).context["listing"].rows) == 0
    assert WORD in boss.get("/palette/", {"q": "qwertov"}).content.decode()
    listing = boss.get(resource.list_url, {"sort": f"-{key}"}).context["listing"]
    assert not listing.notices and len(listing.rows) == 1
    assert boss.get(row_url(resource, row.pk)).json()["custom"] == {key: "Qwertov"}
    with within(horizon):
        assert fields_of(resource.model) == []


def test_a_row_of_every_kind_is_edited_in_bulk_binned_and_restored(resource, boss):
    fields = make_all(resource)
    row = make_row(resource)
    for kind, example in EXAMPLES.items():
        key = fields[kind].key
        asked = boss.post(resource.url("bulk"), {"action": "edit", "ids": str(row.pk)})
        if asked.status_code == 404:  # the resource offers no editing of many
            pytest.skip("no bulk form")
        typed = "1" if kind == "checkbox" else example.typed
        done = boss.post(resource.url("bulk"), {**filled(asked), "action": "edit", "set": key, key: typed})
        assert done.status_code == 302, kind
    assert values_of(row, fields) == WANTED
    column = resource.model._default_manager.get(pk=row.pk).custom
    boss.post(resource.url("delete", row.pk))
    boss.post(f"/bin/{BinnedRow.objects.get(object_id=row.pk).pk}/restoration/")
    assert resource.model._default_manager.get(pk=row.pk).custom == column


def test_it_is_imported_by_its_name_exported_and_taken_back(resource, boss, django_capture_on_commit_callbacks):
    fields = make_all(resource, in_list=True)
    kept = make_field(resource, label="Gardé")
    row = make_row(resource, custom={kept.key: "là", fields["text"].key: "avant", fields["number"].key: 3})
    before = row.custom
    desk = Desk(boss.browser, django_capture_on_commit_callbacks, resource.url_name("import").removesuffix("-import"))
    titles, cells = ["N° de fiche"], [str(row.pk)]
    for kind, field in fields.items():
        titles.append(field.label.upper())
        cells.append(TYPED[kind])
    content = io.StringIO()
    csv.writer(content, delimiter=";").writerows([titles, cells])
    desk.send(content.getvalue().encode())
    guessed = desk.guessed()
    assert {field.key for field in fields.values()} <= set(guessed.values()), guessed
    desk.map(key="id", mode="update")
    assert desk.counts[3] == 0, desk.refusals()
    desk.confirm()
    assert values_of(row, fields) == WANTED and getattr(row, kept.key) == "là"
    assert set(Event.objects.filter(model=resource.key()).latest("pk").fields) == {f.key for f in fields.values()}

    answer = boss.post(resource.url("export"), {"format": "csv", "columns": "shown"})
    head, line = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")), delimiter=";")
    told = dict(zip(head, line, strict=True))
    assert told["Champ choices"] == "Bleu nuit, Vert d’eau" and told["Champ choice"] == "Rouge vif"
    assert told["Champ text"] == "Qwertov Éclair" and told["Champ checkbox"] == "Oui"

    desk.undo()
    row.refresh_from_db()
    assert row.custom == before


def test_what_an_import_cannot_read_is_refused_by_line(resource, boss, django_capture_on_commit_callbacks):
    fields = make_all(resource)
    row = make_row(resource)
    desk = Desk(boss.browser, django_capture_on_commit_callbacks, resource.url_name("import").removesuffix("-import"))
    wrong = {"number": "douze", "date": "30/02/2026", "choice": "Mauve", "link": "javascript:1"}
    lines = [["N° de fiche", *(fields[kind].label for kind in wrong)]]
    lines += [[str(row.pk), *(text if kind == own else "" for own in wrong)] for kind, text in wrong.items()]
    content = io.StringIO()
    csv.writer(content, delimiter=";").writerows(lines)
    desk.take(content.getvalue().encode(), key="id", mode="update")
    assert desk.counts == (0, 0, 0, len(wrong)), desk.refusals()


def test_the_api_reads_filters_and_sorts_by_it(resource, boss):
    number = make_field(resource, "number", sortable=True, filterable=True)
    colour = make_field(resource, "choice", filterable=True)
    rows = [make_row(resource, custom={number.key: n, colour.key: f"o{n}"}) for n in (2, 1, 3)]
    api, url = Api(boss.browser), rows_url(resource)

    def pks(**params):
        return [one["id"] for one in api.every(url, **params)]

    two, one, three = [row.pk for row in rows]
    assert pks(sort=number.key) == [one, two, three] and pks(sort=f"-{number.key}") == [three, two, one]
    assert pks(sort=number.key, page_size="1") == [one, two, three]
    assert set(pks(**{f"{number.key}_min": "2"})) == {two, three}
    assert pks(**{colour.key: "o3"}) == [three]
    schema = api.get("/api/schema", format="json")
    assert number.key in schema.content.decode() and OPTIONS[0]["id"] in schema.content.decode()


def test_reserved_it_is_nowhere_for_others(resource, boss, person):
    field = make_field(
        resource, label="Marge", reserved_for="manage", in_list=True, sortable=True, filterable=True
    )  # fmt: skip
    row = make_row(resource, custom={field.key: "Zyqov"})
    clerk = person(**{resource.module: "write"})
    pages = [resource.list_url, f"{resource.list_url}?q=zyqov", resource.create_url, "/api/schema"]
    pages += [resource.url(page, row.pk) for page in ("record", "history", "edit", "delete")]
    pages += [row_url(resource, row.pk), rows_url(resource), resource.url("columns"), f"/palette/?q={WORD}"]
    for page in pages:
        text = clerk.get(page).content.decode()
        assert not [trace for trace in ("Marge", "Zyqov", f'"{field.key}"') if trace in text], page
    assert "Zyqov" in boss.get(resource.url("record", row.pk)).content.decode()
    edit = resource.url("edit", row.pk)
    assert (
        clerk.post(edit, {**filled(clerk.get(edit)), **sample_of(resource).change, field.key: "volé"}).status_code
        == 302
    )
    row.refresh_from_db()
    assert row.custom == {field.key: "Zyqov"}
