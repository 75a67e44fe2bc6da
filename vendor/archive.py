"""Everything of a client in one ZIP that needs none of our programs: CSV and JSON of each table, files, a manifest.

    LISEZMOI.txt            how to read the rest
    manifest.json           {"format": 1, "client", "made_at", "tables": {...}, "files": {...}}
    csv/<table>.csv         UTF-8, commas, a header; what is empty is NULL, "" is an empty text
    json/<table>.jsonl      the same rows, one JSON object a line
    files/<path>            as people attached them; `core_attachment` says which record each belongs to

Left out: what opens doors (passwords, second factors, sessions, invitations) and what Django keeps for itself.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.utils.translation import gettext as _
from psycopg import sql

from backups import postgres
from backups.engine.snapshot import Table, frozen
from core.search import FOR_DATABASE
from tenants.models import Client
from tenants.storage import media_folder

FORMAT = 1
_PREFIXES = ("django_", "auth_", "mfa_", "usersessions_", "account_")  # of Django and its sign-in
_TABLES = frozenset({"accounts_invitationlink", "core_formdraft"})
_COLUMNS = FOR_DATABASE | {"password"}
_BLOCK = 1 << 20

README = """Export complet de {name} ({code}), fait le {at}.

csv/    une table par fichier : UTF-8, séparateur virgule, titres en première ligne, dates en ISO 8601 (UTC).
        Un champ vide est une absence de valeur ; "" est un texte vide.
json/   les mêmes lignes, une par ligne du fichier, en JSON.
files/  les fichiers joints, sous le chemin que donne la colonne « file » de core_attachment.
manifest.json
        pour chaque table : son intitulé, ses colonnes, son nombre de lignes et l'empreinte SHA-256 de ses deux
        fichiers ; pour chaque fichier joint : sa taille et son empreinte.

Les colonnes nommées …_id renvoient à la colonne id d'une autre table. Ni mot de passe, ni clé, ni session n'y figure.
"""


class _Hashed:
    """A file of the archive, hashed while it is written."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.file = archive.open(zipfile.ZipInfo(name), "w", force_zip64=True)
        self.digest, self.size = hashlib.sha256(), 0

    def write(self, block: bytes) -> None:
        self.file.write(block)
        self.digest.update(block)
        self.size += len(block)

    def close(self) -> str:
        self.file.close()
        return self.digest.hexdigest()


def write_archive(client: Client, target: Path, *, at: str) -> dict[str, Any]:
    """Write the archive of one instant. Returns the manifest. Raises BackupError, OSError or psycopg.Error."""
    made: dict[str, Any] = {
        "format": FORMAT, "client": {"code": client.code, "name": client.name, "siret": client.siret}, "made_at": at,
        "tables": {}, "files": {},
    }  # fmt: skip
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
        postgres.connect() as own,
        frozen(own, client.schema_name) as (tables, _state),
    ):
        archive.writestr("LISEZMOI.txt", README.format(name=client.name, code=client.code, at=at))
        for table in _given(tables):
            made["tables"][table.name] = _write_table(archive, own, client.schema_name, table)
        folder = media_folder(client.schema_name)
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if path.is_file() and not path.is_symlink():
                relative = path.relative_to(folder).as_posix()
                made["files"][relative] = _write_file(archive, path, f"files/{relative}")
        archive.writestr("manifest.json", json.dumps(made, ensure_ascii=False, indent=1))
    return made


def _given(tables: Iterable[Table]) -> Iterator[Table]:
    for table in tables:
        if not table.name.startswith(_PREFIXES) and table.name not in _TABLES:
            yield Table(table.name, tuple(name for name in table.columns if name not in _COLUMNS))


def _write_table(archive: zipfile.ZipFile, own: psycopg.Connection, schema: str, table: Table) -> dict[str, Any]:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    name = sql.Identifier(schema, table.name)
    key = sql.SQL(" ORDER BY id") if "id" in table.columns else sql.SQL("")
    csv = _Hashed(archive, f"csv/{table.name}.csv")
    query = sql.SQL("COPY (SELECT {} FROM {}{}) TO STDOUT (FORMAT csv, HEADER)").format(columns, name, key)
    with own.cursor() as cursor, cursor.copy(query) as copy:
        for block in copy:
            csv.write(bytes(block))
    csv_sha256 = csv.close()
    lines, rows = _Hashed(archive, f"json/{table.name}.jsonl"), 0
    query = sql.SQL("SELECT row_to_json(x)::text FROM (SELECT {} FROM {}{}) x").format(columns, name, key)
    with own.cursor(name="export") as cursor:
        cursor.itersize = 2000
        for (line,) in cursor.execute(query):
            lines.write(line.encode() + b"\n")
            rows += 1
    label, labels = _words(table)
    return {
        "label": label, "columns": labels, "rows": rows, "csv_sha256": csv_sha256, "json_sha256": lines.close(),
    }  # fmt: skip


def _write_file(archive: zipfile.ZipFile, path: Path, name: str) -> dict[str, Any]:
    out = _Hashed(archive, name)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            out.write(block)
    return {"sha256": out.close(), "size": out.size}


def _words(table: Table) -> tuple[str, dict[str, str]]:
    """(what people call the table, {column: what they call it}); the bare names where no model says better."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table == table.name:
            known = {field.column: str(field.verbose_name) for field in model._meta.concrete_fields}
            return str(model._meta.verbose_name_plural), {name: known.get(name, name) for name in table.columns}
    return _("table"), {name: name for name in table.columns}
