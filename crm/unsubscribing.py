"""The tokens of unsubscribe links: `v1.<payload>.<HMAC-SHA256>`, for ever, and worth nothing but opting out.

The payload holds the keyed digest of the address, the list and the message: it works when all of them are gone. The
keys are UNSUBSCRIBE_KEYS, the present one first; a token is bound to the client's schema.
"""

import base64
import binascii
import hmac
import struct
import time
from dataclasses import dataclass

from django.conf import settings

from core.place import active_schema

_PAYLOAD = struct.Struct(">32sQQ")  # digest, list (0: none), message (0: none)
_RETURN = struct.Struct(">QQ")  # message, seconds since 1970
RETURN_LIFE = 7 * 86400  # seconds


@dataclass(frozen=True)
class Leaving:
    """What a token says: whose (digest), of which list and by which message (0: none)."""

    digest: str
    mailing_list: int
    message: int


def token_of(digest: str, *, mailing_list: int = 0, message: int = 0) -> str:
    return _sealed("v1", _PAYLOAD.pack(bytes.fromhex(digest), mailing_list, message))


def leaving_of(token: str) -> Leaving | None:
    """None for a token that is not one of the active client's."""
    payload = _opened("v1", token, _PAYLOAD.size)
    if payload is None:
        return None
    digest, mailing_list, message = _PAYLOAD.unpack(payload)
    return Leaving(digest.hex(), mailing_list, message)


def return_token_of(message: int) -> str:
    """What is sent to the address itself, so that only its owner comes back: a consent needs more than the link of a
    mail that anybody may have been forwarded. Good for a week."""
    return _sealed("r1", _RETURN.pack(message, int(time.time())))


def returning_of(token: str) -> int | None:
    """The message whose recipient comes back; None for a token that is wrong or too old."""
    payload = _opened("r1", token, _RETURN.size)
    if payload is None:
        return None
    message, at = _RETURN.unpack(payload)
    return message if 0 <= time.time() - at < RETURN_LIFE else None


def _sealed(kind: str, payload: bytes) -> str:
    return f"{kind}.{_text(payload)}.{_text(_mac(settings.UNSUBSCRIBE_KEYS[0], kind, payload))}"


def _opened(kind: str, token: str, size: int) -> bytes | None:
    parts = token.split(".")
    if len(parts) != 3 or parts[0] != kind or len(token) > 200 or not token.isascii():
        return None
    try:
        payload, mac = (base64.b64decode(part + "=" * (-len(part) % 4), b"-_", validate=True) for part in parts[1:])
    except (binascii.Error, ValueError):
        return None
    right = [hmac.compare_digest(mac, _mac(key, kind, payload)) for key in settings.UNSUBSCRIBE_KEYS]
    return payload if any(right) and len(payload) == size else None


def _mac(key: str, kind: str, payload: bytes) -> bytes:
    own = hmac.digest(key.encode(), b"b2o.unsubscribe", "sha256")
    schema = active_schema()
    return hmac.digest(own, f"{kind}.{schema}.".encode() + payload, "sha256")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
