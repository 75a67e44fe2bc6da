"""How a webhook proves that it comes from here: HMAC-SHA256 of the time and the body, under a secret shown once.

The secret is derived from SECRET_KEY and the webhook's nonce: nothing in the database lets anybody sign. A new
SECRET_KEY changes every secret; a new nonce, one.
"""

import base64
import hashlib
import hmac

from django.conf import settings

from core.place import active_schema
from interfaces.models import Webhook


def secret_of(webhook: Webhook) -> str:
    """ "whsec_…", 256 bits."""
    told = f"interfaces.webhook:{active_schema()}:{webhook.nonce}"
    made = hmac.new(settings.SECRET_KEY.encode(), told.encode(), hashlib.sha256).digest()
    return f"whsec_{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def signature(secret: str, moment: int, body: bytes) -> str:
    """ "t=1764140000,v1=…": the seconds since 1970, and the hexadecimal digest of "<t>.<body>"."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"
