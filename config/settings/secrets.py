"""Secrets of production: from the environment or from files. What is missing, short or known is refused."""

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

LEAST_KEY, LEAST_PASSWORD = 50, 16  # characters
_KNOWN = re.compile(
    r"change[-_ ]?me|insecure|not[-_ ]?a[-_ ]?secret|example|exemple|placeholder|default|password|motdepasse|"
    r"secret[-_ ]?key|^secret|^test|^build|^dev|^demo|myb2o|postgres|1234|azerty|qwerty",
    re.IGNORECASE,
)


def secret(name: str, *, least: int = LEAST_KEY) -> str:
    """The value of `name`, of the file that `name`_FILE names, or of systemd's credential `name`.

    Raises ImproperlyConfigured: the process does not start.
    """
    text = _read(name)
    refuse_weak(name, text, least=least)
    return text


def setting(name: str) -> str:
    """As `secret`, for an address that may hold a password: it is judged by `refuse_weak_address`."""
    text = _read(name)
    refuse_weak_address(name, text)
    return text


def _read(name: str) -> str:
    given, file = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    kept = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / name
    if given and file:
        raise ImproperlyConfigured(f"{name} et {name}_FILE sont donnés tous deux : gardez l’un.")
    path = Path(file) if file else kept if kept.is_file() else None
    if path is not None and not given:
        try:
            given = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as error:
            raise ImproperlyConfigured(f"{name}_FILE : {path} ne se lit pas ({error}).") from error
    if not given:
        raise ImproperlyConfigured(f"{name} manque : donnez {name}, ou {name}_FILE.")
    return given


def refuse_weak(name: str, text: str, *, least: int) -> None:
    if len(text) < least:
        raise ImproperlyConfigured(f"{name} est trop court : {least} caractères au moins, tirés au hasard.")
    if len(set(text)) < min(10, least // 2) or _KNOWN.search(text):
        raise ImproperlyConfigured(f"{name} se devine : tirez-le au hasard (openssl rand -base64 48).")


def refuse_weak_address(name: str, text: str) -> None:
    """A server elsewhere is reached with a password that nobody guesses; one of this machine may do without."""
    parts = urlsplit(text)
    password = unquote(parts.password or "")
    if password:
        refuse_weak(f"Le mot de passe de {name}", password, least=LEAST_PASSWORD)
    elif parts.hostname and not _is_here(parts.hostname):
        raise ImproperlyConfigured(f"{name} : {parts.hostname} est un autre serveur, il faut un mot de passe.")


def _is_here(host: str) -> bool:
    """This machine, or a service of the same compose file, which has no dot and is on a network of its own."""
    return host in ("localhost", "::1") or host.startswith(("127.", "/")) or "." not in host
