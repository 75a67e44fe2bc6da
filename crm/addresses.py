"""One way to write an address, and the keyed digest that stands for it once it must not be kept."""

import hmac
import unicodedata
from functools import lru_cache

from django.conf import settings

from core.mail.queueing import BadMail, normal_address
from crm.prospecting import Channel


def normalised(channel: str, text: str) -> str:
    """How the ledger writes an address; "" for what is none. Two ways to write one address give the same."""
    text = unicodedata.normalize("NFKC", text).strip()
    if channel == Channel.EMAIL:
        try:
            return normal_address(text) if text else ""
        except BadMail:
            return ""
    if channel == Channel.POST:
        return " ".join(text.casefold().split())
    digits = "".join(character for character in text if character.isdecimal())
    return f"+{digits}" if digits else ""  # telephone numbers are kept in the international form (crm.phones)


def digest_of(channel: str, address: str) -> str:
    """64 hexadecimal digits. The same for every client: a restored or renamed instance still knows who left."""
    return _digest(settings.UNSUBSCRIBE_KEYS[0], channel, address)


def digests_of(channel: str, address: str) -> list[str]:
    """Under the present key, then the retired ones: how rows written before a change of key are found."""
    return [_digest(key, channel, address) for key in settings.UNSUBSCRIBE_KEYS]


def _digest(key: str, channel: str, address: str) -> str:
    return hmac.digest(_own(key), f"{channel}\0{address}".encode(), "sha256").hex()


@lru_cache(maxsize=16)
def _own(key: str) -> bytes:
    return hmac.digest(key.encode(), b"b2o.suppression", "sha256")
