"""restore.sh and its lists: nobody depends on our code to get their data back."""

import posixpath
from pathlib import Path

from backups.engine.media import File, blob_key
from backups.storage import Storage, Stored

_TEMPLATE = Path(__file__).with_name("restore.sh")


def put(store: Storage, folder: str, parts: dict[str, Stored], files: list[File], blobs: str) -> dict[str, Stored]:
    """Write restore.sh, SHA256SUMS and FILES into a backup's folder; paths are relative to it."""

    def relative(key: str) -> str:
        return posixpath.relpath(key, folder)

    text = _TEMPLATE.read_text(encoding="utf-8")
    rows = [parts[name] for name in ("parent-data", "data") if name in parts]
    text = text.replace("{rows}", " ".join(f'"{relative(part.key)}"' for part in rows))
    for mark, key in (("{pre}", parts["pre-data"].key), ("{post}", parts["post-data"].key), ("{blobs}", blobs)):
        text = text.replace(mark, relative(key))
    lines = [f"{part.sha256}  {relative(part.key)}\n" for part in parts.values()]
    lines += [f"{sha}  {relative(blob_key(blobs, sha))}\n" for sha in sorted({file.sha256 for file in files})]
    return {
        "restore.sh": store.put(f"{folder}/restore.sh", [text.encode()]),
        "SHA256SUMS": store.put(f"{folder}/SHA256SUMS", ["".join(lines).encode()]),
        "FILES": store.put(f"{folder}/FILES", ["".join(f"{f.sha256}\t{f.path}\n" for f in files).encode()]),
    }
