"""What is damaged is refused, and said."""

import shutil
import subprocess

import pytest

from backups.actions import back_up, verify
from backups.errors import Damaged
from backups.models import Backup, State, Trigger
from backups.restoring import restore_as, restore_over


@pytest.fixture
def backup(client_with_data):
    return back_up(client_with_data, trigger=Trigger.MANUAL)


def test_a_flipped_bit_in_any_part(client_with_data, backup, vault, look):
    before = look.content(client_with_data)
    paths = sorted(path for path in vault.rglob("*") if path.is_file())
    assert len(paths) == 9  # rows, restore.sh and its two lists, manifest, two schema parts, two blobs
    for path in paths:
        sound = path.read_bytes()
        for place in (0, len(sound) // 2, len(sound) - 1):
            path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
            with pytest.raises(Damaged, match="abîmé"):
                restore_over(client_with_data, backup)
        path.write_bytes(sound[:-1])
        with pytest.raises(Damaged, match="abîmé"):
            restore_over(client_with_data, backup)
        path.unlink()
        with pytest.raises(Damaged, match=r"Il manque|Le manifeste est absent"):
            restore_over(client_with_data, backup)
        path.write_bytes(sound)
    assert look.content(client_with_data) == before
    verify(backup)


def test_a_damaged_backup_is_never_offered_again(client_with_data, backup, vault):
    part = next(vault.rglob("data.sql.zst"))
    part.write_bytes(part.read_bytes()[:-5])
    with pytest.raises(Damaged):
        verify(backup)
    failed = Backup.objects.get()
    assert (failed.state, failed.error) == (State.FAILED, "Une partie de la sauvegarde est abîmée : data.")


def test_a_missing_manifest(client_with_data, backup, vault):
    next(vault.rglob("manifest.json")).unlink()
    with pytest.raises(Damaged, match="Le manifeste est absent"):
        restore_as("bk-never", backup)


def test_bytes_that_are_right_and_rows_that_are_not(client_with_data, backup, monkeypatch):
    """The sums are proven by the restore, whatever the digests say."""
    monkeypatch.setattr("backups.engine.data.load", lambda *args: None)
    with pytest.raises(Damaged, match=r"Contenu différent de l’original|ne se restaurent pas|refuse le schéma"):
        verify(backup)


def test_a_rotten_shared_part_is_made_again(client_with_data, backup, vault):
    part = next((vault / "schemas").rglob("pre-data-*"))
    part.write_bytes(b"rot")
    assert back_up(client_with_data, trigger=Trigger.MANUAL).state == State.VERIFIED
    verify(backup)


@pytest.mark.skipif(not (shutil.which("psql") and shutil.which("zstd")), reason="psql and zstd are needed")
def test_without_our_code(client_with_data, backup, vault, look, tmp_path, libpq):
    before, kept = look.content(client_with_data), look.files(client_with_data)
    schema = look.later(client_with_data.code + "-sh").replace("-", "_")
    command = ["sh", str(vault / backup.path / "restore.sh"), schema, str(tmp_path / "out")]
    done = subprocess.run(command, env=libpq, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert look.content(schema) == before
    out = tmp_path / "out"
    assert {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()} == kept
    blob = next((vault / "clients").rglob("blobs/*/*"))
    blob.write_bytes(b"x")
    done = subprocess.run([*command[:2], "other"], env=libpq, capture_output=True, text=True, check=False)
    assert done.returncode
