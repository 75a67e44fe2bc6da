"""What is stored is closed, signed and opened only by the client's key; whatever was touched is refused."""

import random

import pyrage
import pytest
from pyrage import x25519

from backups import keyring as keys
from backups.actions import back_up, manifest_of, vault_of, verify
from backups.engine import container
from backups.engine.sealed import Vault
from backups.errors import BackupError, Damaged
from backups.keyring import Keyring, KeysElsewhere, keyring
from backups.models import State, Trigger
from backups.restoring import restore_as
from backups.storage import LocalStorage, storage

CHUNK = 65536 + 16  # of age: 64 KiB and its tag


@pytest.fixture
def backup(client_with_data):
    return back_up(client_with_data, trigger=Trigger.MANUAL)


def test_nothing_of_a_client_is_legible_in_the_store(client_with_data, backup, vault):
    everything = b"".join(path.read_bytes() for path in vault.rglob("*") if path.is_file())
    for word in ("Société", "Lefèvre", "Devis signé", "devis.txt", client_with_data.name):
        assert word.encode() not in everything
    names = "".join(path.as_posix() for path in vault.rglob("*"))
    from hashlib import sha256

    assert sha256("Devis signé".encode()).hexdigest() not in names


def undetected(backup, vault, flips, seed=5):
    """How many of that many flipped bits, each alone, at random places of all that is stored, are not noticed."""
    chance, missed = random.Random(seed), 0
    paths = [path for path in vault.rglob("*") if path.is_file()]
    for _flip in range(flips):
        spread = [path.stat().st_size for path in paths] if chance.random() < 0.5 else None
        path = chance.choices(paths, spread)[0]
        sound = path.read_bytes()
        place = chance.randrange(len(sound))
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1 << chance.randrange(8)]) + sound[place + 1 :])
        try:
            container.check_bytes(vault_of(backup), manifest_of(backup))
            missed += 1
        except Damaged:
            pass
        path.write_bytes(sound)
    return missed


def test_flipped_bits_are_all_detected(backup, vault, monkeypatch):
    """`python -m tests.bench --only sauvegardes` flips a thousand."""
    container.check_bytes(vault_of(backup), manifest_of(backup))
    assert undetected(backup, vault, 60) == 0
    monkeypatch.setattr(Keyring, "check", lambda *args: None)  # without the signature's check the same flips show one
    assert undetected(backup, vault, 60) > 0


@pytest.fixture
def closed(tmp_path):
    """A vault, and three chunks of age in it."""
    identity = x25519.Identity.generate()
    vault = Vault(LocalStorage(tmp_path / "store"), identity.to_public(), identity)
    vault.put("part", [random.Random(1).randbytes(1000) for _ in range(180)])
    return vault, tmp_path / "store" / "part"


@pytest.mark.parametrize(
    "touched",
    [
        lambda sound, start: sound[: start + CHUNK],  # cut at the border of a chunk
        lambda sound, start: sound[:start],
        lambda sound, start: sound + b"\0",
        lambda sound, start: (
            sound[:start] + sound[start + CHUNK :][:CHUNK] + sound[start:][:CHUNK] + sound[start + 2 * CHUNK :]
        ),
        lambda sound, start: sound[:start] + sound[start + CHUNK :],
        lambda sound, start: b"",
    ],
    ids=["cut at a border", "no chunk", "one byte more", "chunks swapped", "first chunk missing", "empty"],
)
def test_a_part_that_was_touched_does_not_open(closed, touched):
    vault, path = closed
    assert len(b"".join(vault.open("part"))) == 180_000
    sound = path.read_bytes()
    start = len(sound) - 2 * CHUNK - (180_000 - 2 * 65536) - 16
    path.write_bytes(touched(sound, start))
    with pytest.raises(Damaged, match="ne s’ouvre pas"):
        b"".join(vault.open("part"))


def test_another_key_does_not_open_it(closed):
    vault, _path = closed
    other = Vault(vault.store, vault.recipient, x25519.Identity.generate())
    with pytest.raises(Damaged, match="d’une autre clé"):
        b"".join(other.open("part"))
    with pytest.raises(BackupError, match="n’est pas sur cette machine"):
        b"".join(Vault(vault.store, vault.recipient).open("part"))


def test_what_fails_while_it_is_closed_leaves_nothing(closed):
    """The thread that closes ends, the failure comes through in its own words, no object appears."""
    vault, path = closed

    def broken():
        yield b"x" * 300_000
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        vault.put("other", broken())
    assert [entry.name for entry in path.parent.iterdir()] == ["part"]

    class Full(LocalStorage):
        def put(self, key, blocks):
            next(iter(blocks))
            raise OSError(28, "full")

    with pytest.raises(OSError, match="full"):
        Vault(Full(path.parent), vault.recipient).put("other", (bytes(100_000) for _ in range(500)))


def test_the_wrong_keyring_opens_nothing(backup, settings, tmp_path):
    settings.BACKUP_KEYRING = tmp_path / "other"
    keyring().create()
    with pytest.raises(BackupError, match=r"n’est pas au trousseau|n’est pas signé"):
        restore_as("bk-never", backup)


def test_a_manifest_of_someone_else_is_refused(backup, monkeypatch):
    """Whoever writes to the store and the catalogue still lacks the signing key."""
    store = storage()
    monkeypatch.setattr(Keyring, "sign", lambda ring, content: bytes(64))
    forged = manifest_of(backup).encoded()
    store.put(f"{backup.path}/manifest.json.sig", [bytes(64)])
    with pytest.raises(Damaged, match="n’est pas signé par ce service"):
        manifest_of(backup)
    store.delete(f"{backup.path}/manifest.json.sig")
    with pytest.raises(Damaged, match="la signature manque"):
        manifest_of(backup)
    assert forged


def test_a_worker_writes_without_the_key_that_opens(client_with_data, settings, tmp_path):
    """It stays to be verified; the host that has the key proves it."""
    keyring().create() if not keyring().can_open() else None
    settings.BACKUP_KEK_FILE = str(tmp_path / "elsewhere")
    made = back_up(client_with_data, trigger=Trigger.MANUAL)
    assert made.state == State.STORED
    with pytest.raises(KeysElsewhere, match="BACKUP_KEK_FILE"):
        verify(made)
    made.refresh_from_db()
    assert made.state == State.STORED
    settings.BACKUP_KEK_FILE = ""
    verify(made)
    assert made.state == State.VERIFIED


def test_a_destroyed_key_ends_every_copy(backup):
    keyring().destroy(backup.client_id)
    with pytest.raises(BackupError, match="La clé de ce client"):
        restore_as("bk-never", backup)


def test_a_keyring_that_is_not_mounted_is_not_made_again(settings, tmp_path):
    settings.BACKUP_KEYRING, settings.BACKUP_KEYRING_AUTO = tmp_path / "ring", False
    with pytest.raises(BackupError, match="Aucun trousseau"):
        keyring().recipient(1)
    keyring().create()
    first = str(keyring().recipient(1))
    with pytest.raises(BackupError, match="existe déjà"):
        keyring().create()
    assert str(keyring().recipient(1)) == first == str(keyring().identity(1).to_public())
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "ring").rglob("*") if path.is_file()} == {0o600}
    (tmp_path / "ring" / "clients" / "1.pub").unlink()
    with pytest.raises(BackupError, match="incomplet"):
        keyring().recipient(1)


def test_the_keys_are_files_that_age_opens(settings, tmp_path):
    settings.BACKUP_KEYRING = tmp_path / "ring"
    public = keyring().recipient(7)
    kek = x25519.Identity.from_str((tmp_path / "ring" / "kek.key").read_text().strip())
    identity = pyrage.decrypt((tmp_path / "ring" / "clients" / "7.age").read_bytes(), [kek]).decode()
    assert str(x25519.Identity.from_str(identity).to_public()) == str(public)
    assert keys.keyring().can_open()


def test_a_rotten_file_is_stored_again_by_the_next_backup(client_with_data, backup, vault):
    blob = next((vault / "clients").rglob("blobs/*/*"))
    blob.write_bytes(blob.read_bytes()[:-1])
    with pytest.raises(Damaged, match="abîmée"):
        verify(backup)
    assert back_up(client_with_data, trigger=Trigger.MANUAL).state == State.VERIFIED
