"""Settings, addresses and processes of the product. `app` is what `celery -A config` looks for."""

from config.celery import app as celery

__all__ = ["celery"]
