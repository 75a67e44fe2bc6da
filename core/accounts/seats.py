"""How many more people a client's contract lets in (R30). The contracts are the vendor's: they are asked, not imported.

`config.apps` names who answers at start-up: `seats.ask = tenants.contracts.seats_left`.
"""

from collections.abc import Callable
from typing import Any


def _unlimited(client: Any) -> int | None:
    return None


ask: Callable[[Any], int | None] = _unlimited


def seats_left(client: Any) -> int | None:
    """The number of people who may still be let in; None: as many as they like. Deactivated people hold no seat."""
    return ask(client) if client is not None else None
