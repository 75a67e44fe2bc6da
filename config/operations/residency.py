"""R10: the hosting register, and the check that everything in it, and in use, is in France.

The register is a TOML file (HOSTING_REGISTER), one table for each place:

    [[place]]
    holds = ["database", "cache", "mail", "files", "backups"]
    host = "127.0.0.1"          # as the settings name it; for files and backups on a disk: "disk"
    country = "FR"
    city = "Roubaix"
    operator = "…"

`check --deploy` fails when a place that is in use is not in the register, or when one is outside of France.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error

COUNTRY = "FR"
HOLDS = frozenset({"application", "database", "cache", "mail", "files", "backups", "replica"})
DISK = "disk"
_SAYS = ("holds", "host", "country", "city", "operator")


@dataclass(frozen=True)
class Place:
    holds: frozenset[str]
    host: str
    country: str
    city: str
    operator: str


def places_of(path: Path) -> list[Place]:
    """The register. Raises ValueError with what is wrong with it, OSError when there is none."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))  # TOMLDecodeError is a ValueError
    entries = found.get("place")
    if not isinstance(entries, list) or not entries:
        raise ValueError("aucun [[place]]")
    places = []
    for number, entry in enumerate(entries, 1):
        if missing := [name for name in _SAYS if not entry.get(name)]:
            raise ValueError(f"[[place]] n° {number} : il manque {', '.join(missing)}")
        holds = frozenset(entry["holds"])
        if unknown := holds - HOLDS:
            raise ValueError(f"[[place]] n° {number} : holds inconnu : {', '.join(sorted(unknown))}")
        said = {name: str(entry[name]) for name in _SAYS[1:]}
        places.append(Place(holds, **{**said, "host": said["host"].lower()}))
    return places


def in_use() -> Iterator[tuple[str, str]]:
    """(what, the host that the settings name for it)."""
    database = settings.DATABASES["default"]
    yield "database", _host(str(database.get("HOST") or DISK))
    for replica in database.get("REPLICAS", ()):
        yield "replica", _host(str(replica))
    yield "cache", _host(str(settings.CACHES["default"]["LOCATION"]))
    yield "mail", _host(str(settings.EMAIL_HOST))
    yield "files", _storage()
    yield "backups", _host(str(settings.BACKUP_ROOT))


def _storage() -> str:
    options: Any = settings.STORAGES["default"].get("OPTIONS", {})
    return _host(str(options.get("endpoint_url") or DISK))


def _host(address: str) -> str:
    """The host of an address, of a name, or "disk" for a path."""
    if address.startswith("/") or address == DISK:
        return DISK
    parsed = urlsplit(address if "://" in address else f"//{address}")
    return (parsed.hostname or DISK).lower()


def residency(**kwargs: Any) -> list[CheckMessage]:
    path = getattr(settings, "HOSTING_REGISTER", None)
    if path is None:
        return []
    try:
        places = places_of(Path(path))
    except OSError:
        return [
            Error(f"R10 : le registre d’hébergement {path} manque.", hint="Voyez deploy/hosting.toml.", id="b2o.R10a")
        ]
    except ValueError as error:
        return [Error(f"R10 : le registre d’hébergement ne se lit pas : {error}.", id="b2o.R10b")]
    found: list[CheckMessage] = []
    for place in places:
        if place.country.upper() != COUNTRY:
            what = ", ".join(sorted(place.holds))
            found.append(Error(f"R10 : {place.host} ({what}) est hors de France : {place.country}.", id="b2o.R10c"))
    for what, host in in_use():
        if not any(what in place.holds and place.host == host for place in places):
            found.append(Error(f"R10 : {what} est à « {host} », que le registre ne nomme pas.", id="b2o.R10d"))
    return found
