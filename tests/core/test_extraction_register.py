"""The register of extractions: written once, never changed, refused to whoever may not extract (R02)."""

import hashlib

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction

from core.accounts.models import Role, User
from core.exporting import recording
from core.exporting.formulas import neutral, restored
from core.exporting.recording import Origin, Outcome, Way
from core.models import Extraction, ExtractionEnd
from crm.resources import CompanyResource

SHA = hashlib.sha256(b"x").hexdigest()


@pytest.fixture
def user(atelier):
    return User.objects.get(email="reader@atelier.example")


@pytest.fixture
def begun(user):
    return recording.begin(
        CompanyResource, user, way=Way.EXPORT, origin=Origin("crm-company-export", "192.0.2.7"), format="csv",
        columns=["name"], params={"q": ["riou"]}, words="Recherche : riou",
    )  # fmt: skip


def test_an_answer_of_the_api_is_recorded_whole(user, rf):
    request = rf.get("/api/companies/", REMOTE_ADDR="192.0.2.7")
    request.resolver_match = None
    kept = recording.record_extraction(
        CompanyResource,
        user,
        way=Way.API,
        request=request,
        format="json",
        columns=["name"],
        rows=50,
        size=1,
        sha256=SHA,
    )
    row = Extraction.objects.select_related("end").get(pk=kept.pk)
    assert (row.actor_name, row.resource, row.scope, row.address) == ("Reader Test", "crm.company", "all", "192.0.2.7")
    assert (row.end.outcome, row.end.rows, row.end.sha256) == ("complete", 50, SHA)


def test_the_database_refuses_to_change_or_delete_a_row(begun):
    recording.finish(begun, outcome=Outcome.COMPLETE, rows=1, size=1, sha256=SHA)
    for change in (
        lambda: Extraction.objects.update(format="pdf"),
        lambda: ExtractionEnd.objects.update(rows=2),
        lambda: ExtractionEnd.objects.all()._raw_delete("default"),
        lambda: Extraction.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert (Extraction.objects.get().format, ExtractionEnd.objects.get().rows) == ("csv", 1)


def test_it_ends_once(begun):
    recording.finish(begun, outcome=Outcome.INTERRUPTED, rows=0, size=0, sha256="")
    with pytest.raises(IntegrityError), transaction.atomic():
        recording.finish(begun, outcome=Outcome.COMPLETE, rows=1, size=1, sha256=SHA)


def test_what_is_complete_has_a_digest(begun):
    with pytest.raises(IntegrityError), transaction.atomic():
        ExtractionEnd.objects.create(extraction=begun, outcome=Outcome.COMPLETE, rows=1, size=1, sha256="")


def test_a_list_may_demand_a_named_right_for_it(user, monkeypatch):
    monkeypatch.setattr(CompanyResource, "extraction_right", "crm.export")
    assert not recording.may_extract(CompanyResource, user)
    with pytest.raises(PermissionDenied):
        recording.begin(CompanyResource, user, way=Way.API, origin=Origin("x"), format="json", columns=[])
    assert not Extraction.objects.exists()
    user.roles.add(Role.objects.create(name="Référent", levels={}, rights=["crm.export"]))
    assert recording.may_extract(CompanyResource, User.objects.get(pk=user.pk))


def test_the_right_alone_does_not_open_a_list_that_one_may_not_read(atelier, monkeypatch):
    monkeypatch.setattr(CompanyResource, "extraction_right", "crm.export")
    nobody = User.objects.create_user("personne@atelier.example")
    nobody.roles.add(Role.objects.create(name="Référent", levels={}, rights=["crm.export"]))
    assert not recording.may_extract(CompanyResource, nobody)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "=cmd|' /C calc'!A0", "+SUM(A1)", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "+1-1", "'=1", "''=1",
        "+33 2 98 (=1)", "+", "-", "=", "@jean", "- un tiret de liste", "+a",
    ],
)  # fmt: skip
def test_a_formula_is_made_harmless_and_read_back(text):
    cell = neutral(text)
    assert cell == f"'{text}" and restored(cell) == text


@pytest.mark.parametrize(
    "text",
    ["+33 2 98 00 11 22", "+33298001122", "-12,50", "-3", "+1 (212) 555", "", "'", "'hui", "aujourd'hui", "a=b", "1-2"],
)
def test_figures_telephones_and_plain_words_are_left_alone(text):
    assert neutral(text) == text == restored(text)


def test_a_marked_figure_is_still_read_back_as_it_was():
    assert restored(neutral("'+33 2 98 00 11 22")) == "'+33 2 98 00 11 22"
