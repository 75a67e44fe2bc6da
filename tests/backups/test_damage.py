"""What is damaged is refused, and said."""

import os
import shutil
import subprocess
import sys

import pytest
from django_tenants.utils import tenant_context
from pyrage import x25519

from backups import postgres
from backups.actions import back_up, verify
from backups.errors import Damaged
from backups.keyring import keyring
from backups.models import Backup, Kind, State, Trigger
from backups.restoring import restore_as, restore_over
from crm.models import Company


@pytest.fixture
def backup(client_with_data):
    return back_up(client_with_data, trigger=Trigger.MANUAL)


def test_a_flipped_bit_in_any_part(client_with_data, backup, vault, look):
    before = look.content(client_with_data)
    paths = sorted(path for path in vault.rglob("*") if path.is_file())
    # rows, what is told of it, restore.sh and its two lists, manifest and signature, two schema parts, two blobs
    assert len(paths) == 11
    for path in paths:
        sound = path.read_bytes()
        for place in (0, len(sound) // 2, len(sound) - 1):
            path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
            with pytest.raises(Damaged, match="abîm"):
                restore_over(client_with_data, backup)
        path.write_bytes(sound[:-1])
        with pytest.raises(Damaged, match="abîm"):
            restore_over(client_with_data, backup)
        path.unlink()
        with pytest.raises(Damaged, match=r"Il manque|Le manifeste est absent|la signature manque"):
            restore_over(client_with_data, backup)
        path.write_bytes(sound)
    assert look.content(client_with_data) == before
    verify(backup)


def test_a_damaged_backup_is_never_offered_again(client_with_data, backup, vault):
    part = next(vault.rglob("data.sql.zst.age"))
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


AGE = """#!{python}
import sys, pyrage  # `age -d -i KEY FILE`: the format is age's, whoever writes it
identity = pyrage.x25519.Identity.from_str(open(sys.argv[3]).read().strip())
sys.stdout.buffer.write(pyrage.decrypt(open(sys.argv[4], "rb").read(), [identity]))
"""


@pytest.mark.skipif(not (shutil.which("psql") and shutil.which("zstd")), reason="psql and zstd are needed")
def test_without_our_code(client_with_data, backup, vault, look, tmp_path, libpq):
    """restore.sh and the client's key give it back, a full as an increment; a damaged file or another key does not."""
    with tenant_context(client_with_data):
        Company.objects.filter(name__contains="3").delete()
        Company.objects.create(name="Depuis")
    made = back_up(client_with_data, trigger=Trigger.MANUAL, kind=Kind.INCREMENT)
    before, kept = look.content(client_with_data), look.files(client_with_data)
    if not shutil.which("age"):
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "age").write_text(AGE.format(python=sys.executable))
        (tmp_path / "bin" / "age").chmod(0o700)
        libpq["PATH"] = f"{tmp_path / 'bin'}{os.pathsep}{libpq['PATH']}"
    key, other = tmp_path / "key", tmp_path / "other"
    key.write_text(str(keyring().identity(client_with_data.pk)))
    other.write_text(str(x25519.Identity.generate()))
    schema = look.later(client_with_data.code + "-sh").replace("-", "_")
    out = tmp_path / "out"

    def restore(key):
        command = ["sh", str(vault / made.path / "restore.sh"), str(key), schema, str(out)]
        return subprocess.run(command, env=libpq, capture_output=True, text=True, check=False)

    assert restore(other).returncode
    done = restore(key)
    assert done.returncode == 0, done.stderr
    assert look.content(schema) == before
    assert {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()} == kept
    with postgres.connect() as own:
        postgres.drop_schema(own, schema)
    blob = next((vault / "clients").rglob("blobs/*/*"))
    blob.write_bytes(b"x")
    assert restore(key).returncode
