"""Names of files as people gave them, made harmless to show and to download."""

import unicodedata

MAX = 160
_RESERVED = set('<>:"/\\|?*')


def clean_name(name: str) -> str:
    """Without folders, control characters and marks that turn the direction of reading; never empty."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode("utf-8"))
    name = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(
        " " if char in _RESERVED or unicodedata.category(char) == "Zs" else char
        for char in name
        if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )
    kept = " ".join(kept.split()).strip(" .")
    stem, dot, extension = kept.rpartition(".")
    if not dot or not stem:
        return kept[:MAX] or "fichier"
    return f"{stem[: MAX - len(extension) - 1].rstrip(' .')}.{extension}" if len(extension) < 20 else kept[:MAX]
