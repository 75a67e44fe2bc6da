"""What gunicorn serves."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
application = get_wsgi_application()


def settle() -> None:
    """Read the addresses of every kind of host before the workers fork, and keep what is here from the collector.

    A full collection stops every thread of a worker for a tenth of a second: it looked again and again at half a
    million objects of the code, which never go. What they are in is then shared by the workers, not copied.
    """
    for urls in (settings.ROOT_URLCONF, *settings.VENDOR_URLCONFS.values()):
        get_resolver(urls).reverse_dict  # noqa: B018  # reading it makes it
    gc.collect()
    gc.freeze()


settle()
