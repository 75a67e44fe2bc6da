"""restore.sh and its lists: nobody depends on our code to get their data back."""

import posixpath
from pathlib import Path

from backups.engine.media import File
from backups.engine.sealed import Vault
from backups.storage import Stored

_TEMPLATE = Path(__file__).with_name("restore.sh")


def put(vault: Vault, folder: str, parts: dict[str, Stored], files: list[File], blobs: str) -> dict[str, Stored]:
    """Write restore.sh, SHA256SUMS and FILES into a backup's folder; paths are relative to it."""

    def relative(key: str) -> str:
        return posixpath.relpath(key, folder)

    text = _TEMPLATE.read_text(encoding="utf-8")
    rows = [parts[name] for name in ("parent-data", "data") if name in parts]
    text = text.replace("{rows}", " ".join(relative(part.key) for part in rows))
    for mark, key in (("{pre}", parts["pre-data"].key), ("{post}", parts["post-data"].key), ("{blobs}", blobs)):
        text = text.replace(mark, relative(key))
    lines = [f"{part.sha256}  {relative(part.key)}\n" for part in parts.values()]
    names = [f"{file.blob}\t{file.sha256}\t{file.path}\n" for file in files]
    return {
        "restore.sh": vault.store.put(f"{folder}/restore.sh", [text.encode()]),
        "SHA256SUMS": vault.store.put(f"{folder}/SHA256SUMS", ["".join(lines).encode()]),
        "FILES": vault.put(f"{folder}/FILES.age", ["".join(names).encode()]),
    }
