"""Who gets past the door: nobody unknown, nobody without a level, no writer among readers, nobody from elsewhere."""

import pytest
from django_tenants.utils import tenant_context

from core.accounts.access import Level
from core.checks_personal_data import errors_of
from core.models import Event
from core.personal_data import declaration_of
from tests.conftest import visitor
from tests.contract.conftest import address, filled, is_row_page, snapshot
from tests.contract.samples import RESOURCES, SAMPLES, WORD, make_row, sample_of


def test_every_resource_has_its_data_here():
    missing = {resource.key() for resource in RESOURCES} - SAMPLES.keys()
    assert not missing, f"tests/contract/samples.py says nothing of {missing}"


def test_every_sensitive_field_has_a_value_here(resource):
    assert sample_of(resource).sensitive.keys() == resource.sensitive.keys()


def test_anonymous_visitors_are_sent_to_the_sign_in(resource, atelier):
    row = make_row(resource)
    browser, before = visitor(atelier), snapshot(resource)
    for page in resource.pages():
        url = address(resource, page, row.pk)
        for answer in (browser.get(url), browser.post(url, {**sample_of(resource).form})):
            assert answer.status_code == 302 and answer.headers["Location"].startswith("/account/login/"), page
        part = browser.get(url, headers={"HX-Request": "true"})
        assert "/account/login/" in part.headers["HX-Redirect"], page
    assert snapshot(resource) == before


@pytest.mark.parametrize("levels", [{}, {"settings": "manage"}], ids=["nothing", "another module"])
def test_without_the_module_every_page_is_forbidden_and_nothing_shows(resource, person, levels):
    row = make_row(resource)
    nobody, before = person(**levels), snapshot(resource)
    for page in resource.pages():
        url = address(resource, page, row.pk)
        assert nobody.get(url).status_code == 403, page
        assert nobody.post(url, {**sample_of(resource).form}).status_code == 403, page
    for url in ("/", f"/palette/?q={WORD[:4]}"):
        assert WORD not in nobody.get(url).content.decode(), url
    assert snapshot(resource) == before


def test_a_reader_reads_and_changes_nothing(resource, person):
    row = make_row(resource)
    reader, before = person(**{resource.module: "read"}), snapshot(resource)
    for page, (_route, view) in resource.pages().items():
        url = address(resource, page, row.pk)
        got, posted = reader.get(url), reader.post(url, {**sample_of(resource).form, "ids": [row.pk]})
        if view.level > Level.READ:
            assert (got.status_code, posted.status_code) == (403, 403), page
        else:
            assert got.status_code < 500 and got.status_code != 403, page
            assert posted.status_code < 500, page
        assert snapshot(resource) == before, page
    for page in ("list", "record", "history", "lookup"):
        assert reader.get(address(resource, page, row.pk)).status_code == 200, page
    assert resource.url("edit", row.pk) not in reader.get(resource.url("record", row.pk)).content.decode()


def test_a_row_of_another_client_does_not_exist_here(resource, atelier, horizon, person):
    with tenant_context(horizon):
        theirs = make_row(resource)
        pk = theirs.pk
    resource.model._default_manager.filter(pk=pk).delete()  # should a key of ours be the same
    writer = person(**{resource.module: "manage"})
    for page in filter(lambda page: is_row_page(resource, page), resource.pages()):
        url = address(resource, page, pk)
        assert writer.get(url).status_code in (404, 405), page
        assert writer.post(url, {**sample_of(resource).form}).status_code in (404, 405), page
    with tenant_context(horizon):
        assert resource.model._default_manager.filter(pk=pk).exists()


def test_each_change_on_screen_leaves_an_event_with_its_author(resource, person):
    writer, sample = person(**{resource.module: "write"}), sample_of(resource)

    def last() -> tuple:
        event = Event.objects.filter(model=resource.key()).latest("pk")
        return event.kind, event.actor_id, event.object_id

    assert (
        writer.post(resource.create_url, {**filled(writer.get(resource.create_url)), **sample.form}).status_code == 302
    )
    pk = resource.model._default_manager.latest("pk").pk
    assert last() == ("created", writer.user.pk, pk)
    edit = resource.url("edit", pk)
    assert writer.post(edit, {**filled(writer.get(edit)), **sample.change}).status_code == 302
    assert last() == ("updated", writer.user.pk, pk)
    assert Event.objects.latest("pk").fields == list(sample.change)
    delete = resource.url("delete", pk)
    assert writer.post(delete, filled(writer.get(delete))).status_code == 302
    assert last() == ("deleted", writer.user.pk, pk)
    assert not resource.model._default_manager.filter(pk=pk).exists()


def test_its_personal_data_are_declared(resource):
    assert declaration_of(resource.model) is not None
    assert list(errors_of(resource.model)) == []
