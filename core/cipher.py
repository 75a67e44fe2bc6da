"""Secrets that lie in the database encrypted: a copy of the database alone opens none."""

import base64

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def cipher(use: str) -> MultiFernet:
    """The keys of one use ("dkim"), from SECRET_KEY and those before it."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [
        HKDF(SHA256(), 32, salt=None, info=f"b2o.{use}".encode()).derive(str(secret).encode()) for secret in secrets
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
