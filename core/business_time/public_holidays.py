"""Public holidays, by the `holidays` library: Code du travail L3133-1, and L3134-13 in Alsace-Moselle.

The eleven of L3133-1: 1 January, Easter Monday, 1 May, 8 May, Ascension, Whit Monday, 14 July, 15 August, 1 November,
11 November, 25 December. L3134-13 adds Good Friday (where there is a Protestant temple or a mixed church: taken as
everywhere, which a client can correct by choosing the other zone) and 26 December.
"""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from django.db import models
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 1990, 2100  # the library knows 2100 as its last year
_SUBDIVISIONS = {"alsace-moselle": "57"}  # the library names the zone after Moselle


class Zone(models.TextChoices):
    """Whose public holidays count."""

    FRANCE = "france", _("France, hors Alsace-Moselle")
    ALSACE_MOSELLE = "alsace-moselle", _("Alsace-Moselle")


@cache  # of facts, the same for everyone: nothing of a client's
def public_holidays(year: int, zone: str = Zone.FRANCE) -> Mapping[dt.date, str]:
    """{day: French name} of a year. Raises ValueError outside FIRST_YEAR–LAST_YEAR, which nobody vouches for."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"jours fériés connus de {FIRST_YEAR} à {LAST_YEAR}, pas en {year}")
    import holidays  # takes longer to load than to ask

    subdivision = _SUBDIVISIONS.get(Zone(zone).value)
    found = holidays.country_holidays("FR", subdiv=subdivision, years=year, expand=False, language="fr")
    return MappingProxyType(dict(sorted(found.items())))
