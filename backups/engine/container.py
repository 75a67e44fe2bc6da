"""Writing a client into a container, and a container into a schema."""

from collections.abc import Callable, Iterator

import psycopg
import zstandard
from django.utils.translation import gettext as _

from backups import postgres
from backups.engine import data, ddl, manifest, media, script, snapshot
from backups.engine.manifest import Manifest
from backups.errors import BackupError, Damaged
from backups.storage import Storage, Stored, sha256_of
from tenants.storage import media_folder

Progress = Callable[[str], None]


def client_folder(schema: str) -> str:
    return f"clients/{schema}"


def write(store: Storage, schema: str, seq: int) -> tuple[Manifest, Stored]:
    """A full backup of a client. Returns the manifest and its object: once that is stored, the backup exists.

    Raises BackupError, psycopg.Error or OSError, and then there is no manifest.
    """
    folder, blobs = f"{client_folder(schema)}/{seq}", f"{client_folder(schema)}/blobs"
    with postgres.connect() as own, snapshot.frozen(own, schema) as (tables, state):
        raw = {
            "format": manifest.FORMAT, "kind": "full", "encryption": "none", "seq": seq, "schema": schema,
            **state, **manifest.public_rows(own, schema), "functions": snapshot.functions(own, schema),
            "shape": snapshot.shape(own, schema),
            "blobs": blobs,
        }  # fmt: skip
        definitions = ddl.keep(store, own, schema)
        sums = snapshot.sums(own, schema, tables)
        part = data.DataPart(own, schema, tables)
        values: dict[str, tuple[int, bool]] = {}
        stored = store.put(f"{folder}/data.sql.zst", _with_sequences(part, values))
    files = list(media.keep(store, media_folder(schema), blobs))
    parts = {**definitions.parts, "data": stored}
    parts |= script.put(store, folder, parts, files, blobs)
    raw |= {
        "fingerprint": definitions.fingerprint, "tables": manifest.described(part, sums), "sequences": values,
        "files": [file.as_dict() for file in files], "parts": manifest.as_parts(parts),
    }  # fmt: skip
    made = Manifest(raw)
    return made, store.put(f"{folder}/{manifest.NAME}", [made.encoded()])


def _with_sequences(part: data.DataPart, values: dict[str, tuple[int, bool]]) -> Iterator[bytes]:
    yield from part.blocks()
    values.update(snapshot.sequences(part.own, part.schema))
    yield zstandard.ZstdCompressor().compress(data.sequence_lines(values).encode())


def check_bytes(store: Storage, made: Manifest) -> None:
    """Read every stored byte again. Raises Damaged, naming the part."""
    wanted = [(name, part.key, part.size, part.sha256) for name, part in made.parts.items()]
    wanted += [(file.path, media.blob_key(made.blobs, file.sha256), file.size, file.sha256) for file in made.files]
    for name, key, size, digest in wanted:
        if not store.exists(key):
            raise Damaged(_("Il manque une partie de la sauvegarde : %(part)s.") % {"part": name})
        if sha256_of(store.open(key)) != (digest, size):
            raise Damaged(_("Une partie de la sauvegarde est abîmée : %(part)s.") % {"part": name})


def load(store: Storage, made: Manifest, own: psycopg.Connection, schema: str) -> None:
    """Restore into a new schema, definitions, rows, then keys and triggers, and prove it equal to what was read.

    Post-data last: history triggers do not fire, and PostgreSQL checks every key itself. One transaction.
    """
    parts = made.parts
    try:
        with own.transaction():
            ddl.create(own, ddl.load(store, parts["pre-data"].key, schema))
            for table in made.tables:
                data.load(store, parts["data"].key, own, schema, table, made.place(table.name))
            own.execute("SELECT set_config('search_path', %s, true)", [schema])
            own.execute(data.sequence_lines(made.sequences).encode() or b"SELECT")
            own.execute("SET LOCAL search_path = ''")
            ddl.create(own, ddl.load(store, parts["post-data"].key, schema))
            _prove(made, own, schema)
    except (psycopg.DataError, psycopg.IntegrityError, zstandard.ZstdError) as error:
        raise Damaged(_("Les lignes sauvegardées ne se restaurent pas : %(error)s") % {"error": error}) from error


def _prove(made: Manifest, own: psycopg.Connection, schema: str) -> None:
    found = snapshot.sums(own, schema, made.tables)
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
