"""The whole way of a large file, read, checked, written and recorded: what it takes of memory grows by keys, not by rows."""

from pathlib import Path

import pytest
from django.core.files.base import File

from core.importing import actions
from core.models import Event
from crm.models import Company
from crm.resources import CompanyResource

SMALL, LARGE = 1_000, 9_000
BYTES = 1_000  # for each line more: its key, not its values, its draft or its row


def _status(name: str) -> int:
    """Bytes, of /proc/self/status."""
    return int(Path("/proc/self/status").read_text().partition(f"{name}:")[2].split()[0]) * 1024


def taken_by(path: Path, first: int, lines: int) -> int:
    """Bytes of memory that the import of so many lines takes at its worst."""
    note = "x" * 2_000  # a line that is kept costs more than is allowed
    with path.open("w", encoding="utf-8") as file:
        file.write("Nom;E-mail;Note\n")
        file.writelines(f"Société {number};c{number}@exemple.fr;{note}\n" for number in range(first, first + lines))
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins again from here
    before = _status("VmRSS")
    with path.open("rb") as file:
        batch = actions.receive(CompanyResource, File(file), "f.csv", by=None)
    plan = actions.Plan.of(batch.plan)
    plan.key = "email"
    batch.plan = plan.as_json()
    actions.check_now(batch)
    batch.save()
    actions.commit_now(batch, None)
    assert (batch.created, batch.refused) == (lines, 0)
    return _status("VmHWM") - before


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="measured by Linux's own account")
def test_a_large_file_does_not_fill_the_memory(atelier, tmp_path):
    path = tmp_path / "f.csv"
    taken_by(path, 0, SMALL)  # what is loaded once
    small, large = taken_by(path, SMALL, SMALL), taken_by(path, 2 * SMALL, LARGE)
    assert (large - small) / (LARGE - SMALL) < BYTES, (small, large)
    assert Company.objects.count() == Event.objects.filter(model="crm.company").count() == 2 * SMALL + LARGE
