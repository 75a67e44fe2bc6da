"""How many requests a client, each of its people, keys and visitors may send: a window that slides, kept in Redis.

The keys carry the client's schema, so one client's storm takes nothing from another. A refused request counts for
nothing, and one that its person's limit refuses takes nothing from the client's.
"""

import hashlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache

from core.accounts.models import User
from core.place import redis

# Two counters for each limit, of this window and of the one before, which weighs as much as it still overlaps. All the
# limits are looked at before any is counted; one round trip.
_SCRIPT = """
local now = tonumber(ARGV[1])
local out, refused = {}, false
for i = 1, #KEYS / 2 do
  local most, seconds = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local part = (now % seconds) / seconds
  local this, last = redis.call('GET', KEYS[2 * i - 1]), redis.call('GET', KEYS[2 * i])
  local used = tonumber(this or '0') + tonumber(last or '0') * (1 - part)
  out[i] = math.floor(most - used)
  if out[i] < 1 then refused = true end
end
if not refused then
  for i = 1, #KEYS / 2 do
    redis.call('INCR', KEYS[2 * i - 1])
    redis.call('EXPIRE', KEYS[2 * i - 1], 2 * tonumber(ARGV[2 * i + 1]))
    out[i] = out[i] - 1
  end
end
return {refused and 1 or 0, unpack(out)}
"""


@dataclass(frozen=True)
class Allowance:
    """What is left to a caller, of the limit that ends first."""

    refused: bool
    limit: int
    left: int
    reset: int  # seconds until the window has slid on
    policy: str

    @property
    def headers(self) -> dict[str, str]:
        told = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.left, 0)),
            "RateLimit-Reset": str(self.reset),
            "RateLimit-Policy": self.policy,
        }
        return {**told, "Retry-After": str(self.reset)} if self.refused else told


def take(user: User, own: Mapping[str, tuple[str, int, int]] | None = None) -> Allowance:
    """Count one request at the active client: of this person, or of a caller with limits of its own.

    `own`: {policy: (whose, requests, seconds)}.
    """
    person = {"user": (f"user-{user.pk}", *settings.API_RATES["user"])}
    return _take({"client": ("client", *settings.API_RATES["client"]), **(own or person)})


def take_visitor(address: str) -> Allowance:
    """Count one request of somebody who is not signed in, by the address (IP) that it comes from."""
    who = hashlib.blake2b(address.encode(), digest_size=12).hexdigest()
    return _take({"visitor": (f"visitor-{who}", *settings.API_VISITOR_RATE)})


def _take(limits: dict[str, tuple[str, int, int]]) -> Allowance:
    """`limits`: {name: (whose, requests, seconds)}."""
    now = time.time()
    keys, arguments = [], [now]
    for who, most, seconds in limits.values():
        window = int(now // seconds)
        keys += [cache.make_key(f"api-rate-{who}-{number}") for number in (window, window - 1)]
        arguments += [most, seconds]
    refused, *left = redis().eval(_SCRIPT, len(keys), *keys, *arguments)
    tightest = min(range(len(limits)), key=lambda rank: left[rank])
    _who, most, seconds = list(limits.values())[tightest]
    policy = ", ".join(f'"{name}";q={q};w={w}' for name, (_of, q, w) in limits.items())
    return Allowance(bool(refused), most, left[tightest], math.ceil(seconds - now % seconds) or 1, policy)
