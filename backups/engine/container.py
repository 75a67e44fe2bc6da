"""Writing a client into a container, and a container into a schema."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
import zstandard
from django.utils.translation import gettext as _

from backups import postgres
from backups.engine import data, ddl, delta, manifest, media, script, snapshot
from backups.engine.delta import Change
from backups.engine.manifest import About, Check, Manifest
from backups.engine.sealed import Vault
from backups.engine.snapshot import Sums, Table
from backups.errors import BackupError, Damaged
from backups.storage import Storage, Stored, sha256_of
from tenants.storage import media_folder

Sign = Callable[[bytes], bytes]
PARENT = "parent-data"  # an increment lists its full's rows among its own parts


class NotExact(Exception):
    """An increment over that full would not be exact; the message, in French, says why."""


@dataclass(frozen=True)
class Parent:
    """The verified full that an increment completes."""

    seq: int
    path: str
    manifest_sha256: str
    made: Manifest

    @property
    def said(self) -> dict[str, Any]:
        return {"seq": self.seq, "path": self.path, "manifest_sha256": self.manifest_sha256}


def client_folder(schema: str) -> str:
    return f"clients/{schema}"


def write(vault: Vault, sign: Sign, schema: str, seq: int, parent: Parent | None = None) -> tuple[Manifest, Stored]:
    """A backup of a client: a full, or what changed since `parent`. Returns the manifest and its object: once that is
    stored, the backup exists.

    Raises NotExact, BackupError, psycopg.Error or OSError, and then there is no manifest.
    """
    store, folder, blobs = vault.store, f"{client_folder(schema)}/{seq}", f"{client_folder(schema)}/blobs"
    with postgres.connect(reading=True) as own, snapshot.frozen(own, schema) as (tables, state):
        defined = snapshot.definitions(own, schema)
        mark = snapshot.fingerprint_of(defined)
        changes = _changes(own, schema, tables, state | {"fingerprint": mark}, parent)
        raw = {
            "format": manifest.FORMAT, "kind": "increment" if parent else "full", "encryption": "age", "seq": seq,
            "schema": schema, "parent": parent.said if parent else None,
            **state, "functions": snapshot.functions(own, schema), "shape": snapshot.shape_of(defined), "blobs": blobs,
            "hashing": snapshot.RECORD,
        }  # fmt: skip
        public = manifest.public_rows(own, schema)
        definitions = ddl.keep(store, own, schema, mark)
        sums = _sums(own, schema, changes, parent)
        part = data.DataPart(own, schema, changes)
        values: dict[str, tuple[int, bool]] = {}
        stored = vault.put(f"{folder}/data.sql.zst.age", _with_sequences(part, values))
    about = About(list(media.keep(vault, media_folder(schema), blobs)), **public)
    parts = {**definitions.parts, "data": stored, "about": vault.put(f"{folder}/about.json.age", [about.encoded()])}
    if parent:
        parts[PARENT] = parent.made.parts["data"]
    parts |= script.put(vault, folder, parts, about.files, blobs)
    raw |= {
        "fingerprint": definitions.fingerprint, "tables": manifest.described(part, tables, sums), "sequences": values,
        "files": len(about.files), "files_size": sum(file.size for file in about.files),
        "blob_names": sorted({file.blob for file in about.files}), "parts": manifest.as_parts(parts),
    }  # fmt: skip
    made = Manifest(raw)
    # The signature first: the manifest is the commit marker, and is never there without it.
    store.put(f"{folder}/{manifest.NAME}{manifest.SIGNATURE}", [sign(made.encoded())])
    return made, store.put(f"{folder}/{manifest.NAME}", [made.encoded()])


def _changes(
    own: psycopg.Connection, schema: str, tables: list[Table], state: dict, parent: Parent | None
) -> list[Change]:
    if parent is None:
        return [Change(table) for table in tables]
    if reason := delta.inexact(parent.made.raw, state):
        raise NotExact(reason)
    if parent.made.hashing != snapshot.RECORD:
        raise NotExact(_("ses sommes sont d’une version plus ancienne du logiciel"))
    return delta.changes(own, schema, tables, parent.made.raw)


def _sums(own: psycopg.Connection, schema: str, changes: list[Change], parent: Parent | None) -> dict[str, Sums]:
    """Of every table. One that holds no newer row, and as many rows, holds the full's rows: so it has their sums; one
    that only grew has theirs and those of what came."""
    grew = {
        change.table.name: change.condition for change in changes if change.mode == delta.ADDED and change.condition
    }
    found = snapshot.sums(own, schema, [change.table for change in changes], grew)
    if parent is None:
        return found
    known = parent.made.sums
    grown = {name: _plus(known[name], found[name]) for name in grew}
    return known | found | grown


def _plus(some: Sums, others: Sums) -> Sums:
    return some[0] + others[0], str(int(some[1]) + int(others[1])), str(int(some[2]) + int(others[2]))


def _with_sequences(part: data.DataPart, values: dict[str, tuple[int, bool]]) -> Iterator[bytes]:
    yield from part.blocks()
    values.update(snapshot.sequences(part.own, part.schema))
    yield zstandard.ZstdCompressor().compress(data.sequence_lines(values).encode())


def check_bytes(vault: Vault, made: Manifest) -> About:
    """Read every stored byte again. Raises Damaged, naming the part. Returns what only the client's key tells."""
    for name, part in made.parts.items():
        if not vault.store.exists(part.key):
            raise Damaged(_("Il manque une partie de la sauvegarde : %(part)s.") % {"part": name})
        if sha256_of(vault.store.open(part.key)) != (part.sha256, part.size):
            raise Damaged(_("Une partie de la sauvegarde est abîmée : %(part)s.") % {"part": name})
    about = About.parsed(b"".join(vault.open(made.parts["about"].key)))
    for file in {file.blob: file for file in about.files}.values():
        key = media.blob_key(made.blobs, file.blob)
        if not vault.store.exists(key):
            raise Damaged(_("Il manque une partie de la sauvegarde : %(part)s.") % {"part": file.path}, blob=key)
        try:
            intact = sha256_of(vault.open(key)) == (file.sha256, file.size)
        except Damaged:
            intact = False
        if not intact:
            raise Damaged(_("Une partie de la sauvegarde est abîmée : %(part)s.") % {"part": file.path}, blob=key)
    return about


def load(vault: Vault, check: Check, made: Manifest, own: psycopg.Connection, schema: str) -> None:
    """Restore into a new schema, definitions, rows (of the full, then what changed), keys and triggers, and prove it
    equal to what was read.

    Post-data last: history triggers do not fire, and PostgreSQL checks every key itself. One transaction.
    """
    store, parts = vault.store, made.parts
    try:
        with own.transaction():
            ddl.create(own, ddl.load(store, parts["pre-data"].key, schema))
            for layer in layers(store, check, made):
                with closing(vault.open(layer.parts["data"].key)) as blocks:
                    stream = data.Stream(blocks)
                    for change in layer.changes:
                        data.load(stream, own, schema, change, layer.places(change.table.name))
            own.execute("SELECT set_config('search_path', %s, true)", [schema])
            own.execute(data.sequence_lines(made.sequences).encode() or b"SELECT")
            own.execute("SET LOCAL search_path = ''")
            ddl.create(own, ddl.load(store, parts["post-data"].key, schema))
            _prove(made, own, schema)
    except (psycopg.DataError, psycopg.IntegrityError, zstandard.ZstdError) as error:
        raise Damaged(_("Les lignes sauvegardées ne se restaurent pas : %(error)s") % {"error": error}) from error


def layers(store: Storage, check: Check, made: Manifest) -> list[Manifest]:
    """What is loaded, in order: the full, then the increment. Raises Damaged when the full is not the one it names."""
    if made.parent is None:
        return [made]
    full = manifest.read(store, made.parent["path"], made.parent["manifest_sha256"], check)
    if full.parent is not None or full.fingerprint != made.fingerprint:
        raise Damaged(_("L’incrément ne complète pas cette sauvegarde complète."))
    return [full, made]


def _prove(made: Manifest, own: psycopg.Connection, schema: str) -> None:
    found = snapshot.sums(own, schema, made.tables, hashing=made.hashing)
    wrong = [name for name, sums in made.sums.items() if found[name] != sums]
    if wrong:
        raise Damaged(_("Contenu différent de l’original : %(tables)s.") % {"tables": ", ".join(wrong)})
    if snapshot.shape(own, schema) != made.shape:
        raise Damaged(_("Les définitions restaurées diffèrent de l’original."))
    if snapshot.sequences(own, schema) != made.sequences:
        raise Damaged(_("Les compteurs restaurés diffèrent de l’original."))


def check_functions(made: Manifest, own: psycopg.Connection) -> None:
    """Raises BackupError when the functions of public that the backup leans on are not those of this database."""
    query = "SELECT pg_get_functiondef(to_regprocedure(%s))"
    for name, digest in made.functions.items():
        row = own.execute(query, [name]).fetchone()
        if row is None or row[0] is None or sha256_of([row[0].encode()])[0] != digest:
            raise BackupError(
                _("La fonction %(name)s de la base n’est pas celle de la sauvegarde, plus ancienne ou plus récente : "
                  "mettez le logiciel à la version de la sauvegarde, ou acceptez la différence avec --other-functions.")
                % {"name": name}
            )  # fmt: skip
