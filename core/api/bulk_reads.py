"""When reading lists becomes taking them out (R02): counted by caller, resource and hour; recorded beyond."""

import hashlib
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from core.api.listing import StrictListing
from core.api.problems import Problem
from core.exporting.recording import may_extract, record_extraction
from core.models.extractions import Way
from core.place import redis
from core.resource import Resource

_HOUR = 3600


def watch(listing: StrictListing, rows: int, body: bytes, request: HttpRequest, *, caller: str) -> None:
    """Called with the answer before it is sent. `caller`: whose reads are counted.

    Raises Problem where it would be an extraction that is not allowed.
    """
    resource, user = listing.resource, listing.user
    if not rows or _read(resource, caller, rows) <= settings.API_EXTRACTION_ROWS:
        return
    if not may_extract(resource, user):
        raise Problem("extraction")
    params: dict[str, Any] = dict(listing.params.lists())
    record_extraction(
        resource, user, way=Way.API, request=request, format="json", columns=listing.serializer.names, rows=rows,
        size=len(body), sha256=hashlib.sha256(body).hexdigest(), params=params, words=listing.q,
    )  # fmt: skip


def _read(resource: type[Resource], caller: str, rows: int) -> int:
    """How many rows of the resource this caller has read within the hour, these among them."""
    key = cache.make_key(f"api-read-{caller}-{resource.key()}-{int(time.time() // _HOUR)}")
    pipe = redis().pipeline()
    pipe.incrby(key, rows)
    pipe.expire(key, _HOUR)
    return pipe.execute()[0]
