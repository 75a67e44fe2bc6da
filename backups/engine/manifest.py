"""The manifest: what a backup is made of. Written last, it is the commit marker; its SHA-256 is in the catalogue."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from django.utils.translation import gettext as _

from backups.engine.data import DataPart, Place
from backups.engine.delta import Change
from backups.engine.media import File, blob_key
from backups.engine.snapshot import TEXT, Sums, Table
from backups.errors import BackupError, Damaged
from backups.storage import Storage, Stored

FORMAT = 2
NAME = "manifest.json"
SIGNATURE = ".sig"


@dataclass(frozen=True)
class About:
    """What of a backup only its client's key tells: the names of its files, and its rows in public, by column."""

    files: list[File]
    client: dict[str, Any]
    domains: list[dict[str, Any]]

    def encoded(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def parsed(cls, content: bytes) -> "About":
        raw = json.loads(content)
        return cls([File(**file) for file in raw["files"]], raw["client"], raw["domains"])


@dataclass(frozen=True)
class Manifest:
    """The parsed manifest; `raw` is what the JSON holds."""

    raw: dict[str, Any]

    @property
    def schema(self) -> str:
        return self.raw["schema"]

    @property
    def shape(self) -> str:
        return self.raw["shape"]

    @property
    def fingerprint(self) -> str:
        return self.raw["fingerprint"]

    @property
    def functions(self) -> dict[str, str]:
        return self.raw["functions"]

    @property
    def parts(self) -> dict[str, Stored]:
        return {name: Stored(**part) for name, part in self.raw["parts"].items()}

    @property
    def tables(self) -> list[Table]:
        return [_table(name, said) for name, said in self.raw["tables"].items()]

    @property
    def changes(self) -> list[Change]:
        """The tables whose rows the data part holds, in its order; of a full, all."""
        return [Change(_table(name, said), said["mode"]) for name, said in self.raw["tables"].items() if said["mode"]]

    @property
    def parent(self) -> dict[str, Any] | None:
        """Of an increment: the path and the manifest's SHA-256 of the full that it completes."""
        return self.raw.get("parent")

    @property
    def hashing(self) -> str:
        """How its sums were taken."""
        return self.raw.get("hashing", TEXT)

    @property
    def sums(self) -> dict[str, Sums]:
        return {name: tuple(table["sums"]) for name, table in self.raw["tables"].items()}

    @property
    def sequences(self) -> dict[str, tuple[int, bool]]:
        return {name: tuple(value) for name, value in self.raw["sequences"].items()}

    @property
    def blob_keys(self) -> set[str]:
        """The files in the store. Their names tell nothing, so that whoever cleans up needs no key."""
        return {blob_key(self.raw["blobs"], name) for name in self.raw["blob_names"]}

    @property
    def blobs(self) -> str:
        return self.raw["blobs"]

    @property
    def file_count(self) -> int:
        return self.raw["files"]

    @property
    def rows(self) -> int:
        return sum(count for count, _one, _two in self.sums.values())

    @property
    def size(self) -> int:
        """Bytes of the whole, files included, whoever shares them."""
        return sum(part.size for part in self.parts.values()) + self.raw["files_size"]

    def places(self, table: str) -> dict[str, Place]:
        """Where the rows of a table, and its keys, lie in the data part: (start, length)."""
        return {what: tuple(place) for what, place in self.raw["tables"][table]["places"].items()}

    def encoded(self) -> bytes:
        return json.dumps(self.raw, ensure_ascii=False, indent=1).encode()


def described(part: DataPart, tables: list[Table], sums: dict[str, Sums]) -> dict[str, Any]:
    """The manifest's `tables`. Those that an increment does not hold have no mode: the full's rows are theirs."""
    modes = {change.table.name: change.mode for change in part.changes}
    return {
        table.name: {
            "columns": list(table.columns),
            "key": list(table.key),
            "ranges": table.ranges,
            "oid": table.oid,
            "sums": list(sums[table.name]),
            "mode": modes.get(table.name, ""),
            "places": part.places.get(table.name, {}),
        }
        for table in tables
    }


def public_rows(own: psycopg.Connection, schema: str) -> dict[str, Any]:
    """The client's rows in public, as JSON. Raises BackupError when there is no such client."""
    query = "SELECT to_jsonb(c) FROM public.tenants_client c WHERE c.schema_name = %s"
    row = own.execute(query, [schema]).fetchone()
    if row is None:
        raise BackupError(_("Aucun client n’a le schéma « %(schema)s ».") % {"schema": schema})
    query = "SELECT to_jsonb(d) FROM public.tenants_domain d WHERE d.tenant_id = %s ORDER BY d.domain"
    return {"client": row[0], "domains": [found for (found,) in own.execute(query, [row[0]["id"]])]}


def as_parts(parts: dict[str, Stored]) -> dict[str, Any]:
    return {name: asdict(part) for name, part in parts.items()}


Check = Callable[[bytes, bytes], None]  # raises Damaged when a signature is not one of a content


def read(store: Storage, folder: str, sha256: str, check: Check) -> Manifest:
    """The manifest of a backup. Raises Damaged when it is absent, not the one of the catalogue, or not signed."""
    key = f"{folder}/{NAME}"
    if not folder or not store.exists(key):
        raise Damaged(_("Le manifeste est absent : cette sauvegarde n’a jamais été terminée, ou elle a été effacée."))
    content = b"".join(store.open(key))
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Damaged(_("Le manifeste n’est pas celui du catalogue : il est abîmé ou a été remplacé."))
    if not store.exists(key + SIGNATURE):
        raise Damaged(_("Le manifeste n’est pas signé : la signature manque."))
    check(content, b"".join(store.open(key + SIGNATURE)))
    manifest = Manifest(json.loads(content))
    if manifest.raw["format"] != FORMAT or manifest.raw["encryption"] != "age":
        raise BackupError(_("Cette sauvegarde est d’un format que cette version du logiciel ne lit pas."))
    return manifest


def _table(name: str, said: dict[str, Any]) -> Table:
    return Table(name, tuple(said["columns"]), tuple(said["key"]), said["ranges"], said["oid"])
