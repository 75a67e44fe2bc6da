"""What a list gives as a file, its import takes back: the same rows, nothing changed, nothing refused."""

import pytest

from core.importing.keys import keys_for
from core.importing.targets import targets
from core.models import Event
from tests.contract.conftest import snapshot
from tests.contract.samples import make_row, sample_of
from tests.contract.test_export import ask, sent
from tests.contract.test_import import desk_of  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("atelier")
HOSTILE = (
    "=HYPERLINK(1)",
    "+33 2 98 00 00 00",
    "-4",
    "@cité",
    "'apostrophe",
    'guillemets " ; et\tpoint-virgule',
    "é€œ\u202f1",
)


def rows_of(resource, name) -> None:
    """Copies of one row, so that what they point to is the same row and not one of the same name."""
    row = make_row(resource)
    for number, text in enumerate(HOSTILE):
        row.pk = None if number else row.pk
        row._state.adding = bool(number)
        setattr(row, name, f"{text} {number}")
        if hasattr(row, "email"):
            row.email = f"ligne{number}@exemple.fr"
        row.save()


def export(desk, resource) -> bytes:
    class Someone:
        post = desk.browser.post

    answer = ask(Someone, resource, columns="all")
    assert answer.status_code == 200
    return sent(answer)


def test_an_exported_list_is_imported_without_a_change(resource, desk_of):  # noqa: F811
    desk, sample = desk_of(resource, rights=resource.sensitive.values()), sample_of(resource)
    name = sample.varied[0]
    rows_of(resource, name)
    for field, (value, _betrayals) in sample.sensitive.items():
        resource.model._default_manager.update(**{field: value})
    before, events = snapshot(resource), Event.objects.filter(model=resource.key()).count()
    known = {target.name: target for target in targets(resource, desk.user)}
    key = next(key for key in ("email", name) if key in keys_for(resource, known))
    desk.take(export(desk, resource), key=key, mode="update")
    assert desk.refusals() == {}
    assert desk.counts == (0, 0, len(HOSTILE), 0)
    desk.confirm()
    assert snapshot(resource) == before
    assert Event.objects.filter(model=resource.key()).count() == events


def test_an_exported_list_fills_an_empty_one_again(resource, desk_of):  # noqa: F811
    desk, sample = desk_of(resource, rights=resource.sensitive.values()), sample_of(resource)
    name = sample.varied[0]
    rows_of(resource, name)
    writable = {target.name for target in targets(resource, desk.user)} - {"id"}  # a new row has a key of its own
    wanted = [{key: value for key, value in row.items() if key in writable} for row in snapshot(resource)]
    content = export(desk, resource)
    resource.model._default_manager.all().delete()
    desk.take(content, key="")
    assert desk.refusals() == {}
    assert desk.counts == (len(HOSTILE), 0, 0, 0)
    desk.confirm()
    found = [{key: value for key, value in row.items() if key in writable} for row in snapshot(resource)]
    assert sorted(found, key=str) == sorted(wanted, key=str)
