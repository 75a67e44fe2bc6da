"""The schema part of a container: pg_dump's DDL with a token where the schema's name was.

It is taken once for each fingerprint, and from the template when the client's definitions equal the template's: they
nearly all do, and a pg_dump reads the whole catalogue (10 s at 1,000 clients).
"""

import re
from dataclasses import dataclass

import psycopg
import zstandard
from django.conf import settings
from django.utils.translation import gettext as _

from backups import postgres
from backups.engine import snapshot
from backups.errors import BackupError, Damaged
from backups.storage import Storage, Stored, sha256_of

TOKEN = "@@S@@"  # noqa: S105 - a place-holder
FOLDER = "schemas"
SECTIONS = ("pre-data", "post-data")
_PSQL_ONLY = re.compile(r"^\\(un)?restrict .*\n", re.MULTILINE)
# Strings, quoted names, comments and plain names: a schema's name is replaced only where SQL reads it as a name.
_WORDS = re.compile(
    r"""(?P<string>(?:[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*')(?:::(?:pg_catalog\.)?regclass)?)|(?P<dollar>(?P<tag>\$\w*\$).*?(?P=tag))
      |(?P<comment>--[^\n]*)|(?P<name>"(?:[^"]|"")*"|[A-Za-z_][\w$]*)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class SchemaPart:
    fingerprint: str
    parts: dict[str, Stored]  # by section


def keep(store: Storage, own: psycopg.Connection, schema: str, mark: str) -> SchemaPart:
    """The shared schema part of the schema's fingerprint, dumped when it is not stored yet or is damaged."""
    found = _stored(store, mark)
    if found:
        return SchemaPart(mark, found)
    template = settings.TEMPLATE_SCHEMA
    source = template if snapshot.fingerprint(own, template) == mark else schema
    texts = {section: neutral(postgres.dump_ddl(source, section), source) for section in SECTIONS}
    if _mark_now(source) != mark:
        raise BackupError(_("Le schéma a changé pendant la sauvegarde : relancez après la migration."))
    return SchemaPart(mark, {section: _put(store, mark, section, text) for section, text in texts.items()})


def load(store: Storage, key: str, schema: str) -> str:
    """A section's SQL, ready for a schema. The schema's name must be a plain identifier."""
    return zstandard.ZstdDecompressor().decompress(b"".join(store.open(key))).decode().replace(TOKEN, schema)


def neutral(dump: str, schema: str) -> str:
    """A dump's text with the token for the schema's name. Raises BackupError when it cannot be done safely."""
    if TOKEN in dump:
        raise BackupError(_("Une définition contient « %(token)s ».") % {"token": TOKEN})
    dump = _PSQL_ONLY.sub("", dump)

    def replaced(match: re.Match) -> str:
        text = match[0]
        if match["comment"]:
            return ""
        if match["name"]:
            following = dump[match.end() : match.end() + 1]
            named = re.search(r"\bSCHEMA (?:IF NOT EXISTS )?$", dump[max(0, match.start() - 30) : match.start()])
            return TOKEN if text.strip('"') == schema and (following == "." or named) else text
        if match["string"] and text.endswith("regclass"):
            return re.sub(rf"^'\"?{schema}\"?\.", f"'{TOKEN}.", text)
        return text

    return re.sub(r"\n{2,}", "\n", _WORDS.sub(replaced, dump)).strip() + "\n"


def _put(store: Storage, mark: str, section: str, text: str) -> Stored:
    packed = zstandard.ZstdCompressor(level=9).compress(text.encode())
    # Its own digest in its name: a shared part that rotted is recognised before the next backup leans on it.
    digest, _size = sha256_of([packed])
    return store.put(f"{_folder(mark)}/{section}-{digest}.sql.zst", [packed])


def _stored(store: Storage, mark: str) -> dict[str, Stored] | None:
    found = {}
    for key in store.list(_folder(mark)):
        section, _dash, rest = key.rsplit("/", 1)[1].rpartition("-")
        digest, size = sha256_of(store.open(key))
        if digest == rest.removesuffix(".sql.zst"):
            found[section] = Stored(key, size, digest)
    return found if set(found) == set(SECTIONS) else None


def _folder(mark: str) -> str:
    return f"{FOLDER}/{mark}"


def _mark_now(schema: str) -> str:
    with postgres.connect(reading=True) as other:
        return snapshot.fingerprint(other, schema)


def create(own: psycopg.Connection, text: str) -> None:
    """Run a section. Raises Damaged when PostgreSQL refuses it (a key that data break, for one)."""
    try:
        own.execute(text.encode())
    except psycopg.Error as error:
        raise Damaged(_("PostgreSQL refuse le schéma de la sauvegarde : %(error)s") % {"error": error}) from error
