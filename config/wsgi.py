"""What gunicorn serves."""

import gc
import os
from contextlib import suppress

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import NoReverseMatch, reverse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
application = get_wsgi_application()


def settle() -> None:
    """Read the addresses of every kind of host before the workers fork, and keep what is here from the collector.

    A full collection stops every thread of a worker for a tenth of a second: it looked again and again at half a
    million objects of the code, which never go. What they are in is then shared by the workers, not copied.
    """
    for urls in (settings.ROOT_URLCONF, *settings.VENDOR_URLCONFS.values()):
        with suppress(NoReverseMatch):  # whether it has this one or not, all of them are read
            reverse("home", urlconf=urls)
    gc.collect()
    gc.freeze()


settle()
