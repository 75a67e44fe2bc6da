"""The keys of the backups, in a folder outside the database and outside the store.

    kek.pub             the age recipient to which clients' keys are closed
    kek.key             its identity (BACKUP_KEK_FILE): on hosts that restore, prove and drill, and nowhere else
    signing.key, .pub   Ed25519: who wrote a manifest
    clients/<id>.pub    a client's age recipient: all that a worker needs to write
    clients/<id>.age    its identity, closed to the kek

Everything is a file that `age` itself opens: `age -d -i kek.key clients/7.age > identity; age -d -i identity data…`.
Without a client's identity its backups are noise, in every copy: `destroy` ends them (R29).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.utils.translation import gettext as _
from pyrage import x25519

from backups.errors import BackupError, Damaged

_CONTEXT = b"myb2o backup manifest v2\n"  # a signature of something else is no signature of a manifest


class KeysElsewhere(BackupError):
    """This host cannot open backups: the key that opens the others is on another one, as it should be on a worker."""


class Keyring:
    def __init__(self, folder: Path, kek: Path) -> None:
        self.folder, self.kek = folder, kek

    def recipient(self, client_id: int) -> x25519.Recipient:
        """To whom a client's backups are closed; made at its first backup. The caller holds the client's lock."""
        path = self._of(client_id, "pub")
        if not path.exists():
            if self._of(client_id, "age").exists():
                raise BackupError(_("Le trousseau est incomplet : « %(path)s » manque.") % {"path": path.name})
            identity = x25519.Identity.generate()
            _write(self._of(client_id, "age"), pyrage.encrypt(str(identity).encode(), [self._kek_recipient()]))
            _write(path, str(identity.to_public()).encode())
        return x25519.Recipient.from_str(self._read(path).decode().strip())

    def identity(self, client_id: int) -> x25519.Identity:
        """What opens a client's backups. Raises KeysElsewhere, or BackupError when the key is gone or wrong."""
        wrapped = self._of(client_id, "age")
        if not wrapped.exists():
            raise BackupError(
                _("La clé de ce client n’est pas au trousseau : détruite avec ses sauvegardes, ou rangée ailleurs.")
            )  # fmt: skip
        if not self.can_open():
            raise KeysElsewhere(_("La clé qui ouvre les sauvegardes n’est pas sur cette machine (BACKUP_KEK_FILE)."))
        kek = x25519.Identity.from_str(self._read(self.kek).decode().strip())
        try:
            return x25519.Identity.from_str(pyrage.decrypt(wrapped.read_bytes(), [kek]).decode())
        except (pyrage.DecryptError, pyrage.IdentityError) as error:
            raise BackupError(
                _("La clé de ce client ne s’ouvre pas : elle est abîmée, ou d’un autre trousseau.")
            ) from error

    def can_open(self) -> bool:
        return self.kek.exists()

    def destroy(self, client_id: int) -> None:
        """Every backup of that client, wherever it is, is noise from now on. Nothing undoes it."""
        for end in ("age", "pub"):
            self._of(client_id, end).unlink(missing_ok=True)

    def sign(self, content: bytes) -> bytes:
        self._ready()
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self._read(self._signing).decode())).sign(
            _CONTEXT + content
        )

    def check(self, content: bytes, signature: bytes) -> None:
        """Raises Damaged when the content is not signed by this keyring."""
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self._read(self.folder / "signing.pub").decode()))
        try:
            public.verify(signature, _CONTEXT + content)
        except InvalidSignature as error:
            raise Damaged(_("Le manifeste n’est pas signé par ce service : il est abîmé ou a été remplacé.")) from error

    def create(self) -> None:
        """The keys that are no client's. Raises BackupError when there are some already: they are never replaced."""
        with _alone(self.folder):
            self._create()

    def _create(self) -> None:
        if (self.folder / "kek.pub").exists() or self._signing.exists() or self.kek.exists():
            raise BackupError(_("Le trousseau existe déjà : rien n’est remplacé."))
        identity, signing = x25519.Identity.generate(), Ed25519PrivateKey.generate()
        _write(self.kek, str(identity).encode())
        _write(self._signing, signing.private_bytes_raw().hex().encode())
        _write(self.folder / "signing.pub", signing.public_key().public_bytes_raw().hex().encode())
        _write(self.folder / "kek.pub", str(identity.to_public()).encode())  # last: it says that all is there

    def _kek_recipient(self) -> x25519.Recipient:
        self._ready()
        return x25519.Recipient.from_str(self._read(self.folder / "kek.pub").decode().strip())

    def _ready(self) -> None:
        if (self.folder / "kek.pub").exists():
            return
        if not settings.BACKUP_KEYRING_AUTO:
            # A folder that is not mounted must not become a second keyring: what it closed would be lost with it.
            raise BackupError(
                _("Aucun trousseau dans « %(folder)s » : montez-le, ou créez-le par « backup keys ».")
                % {"folder": self.folder}
            )
        with _alone(self.folder):
            if not (self.folder / "kek.pub").exists():  # made by another process meanwhile
                self._create()

    @property
    def _signing(self) -> Path:
        return self.folder / "signing.key"

    def _of(self, client_id: int, end: str) -> Path:
        return self.folder / "clients" / f"{client_id}.{end}"

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise BackupError(_("Le trousseau est incomplet : « %(path)s » manque.") % {"path": path.name}) from error


def keyring() -> Keyring:
    """The keyring of the settings."""
    folder = Path(settings.BACKUP_KEYRING)
    return Keyring(folder, Path(settings.BACKUP_KEK_FILE) if settings.BACKUP_KEK_FILE else folder / "kek.key")


def _write(path: Path, content: bytes) -> None:
    """A file that only its owner reads, whole or not at all, never over another."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content + b"\n" if path.suffix != ".age" else content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)  # unlike a rename, refuses to replace
    finally:
        partial.unlink()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time makes the keys."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
