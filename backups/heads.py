"""The head of the catalogue's chain, copied each day to where the backups are, signed.

The chain shows a row that was changed or taken from its middle. One whose last rows are gone is a chain still: only
what was said elsewhere of its length tells.
"""

import json

from django.utils.translation import gettext as _

from backups import catalogue
from backups.errors import Damaged
from backups.keyring import keyring
from backups.slots import slot_of
from backups.storage import storage

FOLDER = "catalogue"
KEPT = 30  # copies


def copy(*, accept: bool = False) -> int | None:
    """The length and the head of today, over an earlier copy of the same day. None, and no copy, of a broken chain.

    `accept`: also when it is shorter than the last copy says: after a disaster, the cluster's copy is older.
    """
    links = catalogue.chain()
    if not links or (shortened(links) and not accept):
        return None  # a copy of what is wrong would hide it
    store, key = storage(), f"{FOLDER}/{slot_of().isoformat()}.json"
    said = json.dumps({"length": len(links), "head": links[-1]}).encode()
    store.put(f"{key}.sig", [keyring().sign(said)])
    store.put(key, [said])
    for old in _copies()[:-KEPT]:
        store.delete(old)
        store.delete(f"{old}.sig")
    return len(links)


def shortened(links: list[str]) -> str:
    """What is wrong with a chain that looks whole, for people; "" when it goes on from the last copy of its head."""
    copies = _copies()
    if not copies:
        return ""
    store, key = storage(), copies[-1]
    content = b"".join(store.open(key))
    try:
        keyring().check(content, b"".join(store.open(f"{key}.sig")))
        said = json.loads(content)
    except (Damaged, FileNotFoundError, ValueError):
        return _("La copie de la tête du catalogue (%(key)s) est abîmée.") % {"key": key}
    if len(links) < said["length"] or links[said["length"] - 1] != said["head"]:
        return _("Le catalogue a perdu ses dernières lignes : %(now)s chaînons, la copie en connaît %(then)s.") % {
            "now": len(links),
            "then": said["length"],
        }
    return ""


def _copies() -> list[str]:
    return [key for key in storage().list(FOLDER) if key.endswith(".json")]
