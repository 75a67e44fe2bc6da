"""What each process keeps of the fleet (hosts, states, windows) is kept under the date of its last change.

One that changes the fleet touches a file; every request reads its date. So a suspended or closed instance is closed on
every worker of the machine from the next request on. On another machine, or where the file cannot be written, the
change is seen when what is kept expires.
"""

import logging
import os
import time

from django.conf import settings
from django.db import connection, transaction

logger = logging.getLogger(__name__)


def stamp() -> int:
    """The last change of the fleet, as this machine knows it. Taken before the rows are read: what is read while
    somebody changes them is then read again."""
    try:
        return settings.FLEET_STAMP.stat().st_mtime_ns
    except OSError:
        return 0


def announce() -> None:
    """To every process, once the change is there to be read."""
    if connection.in_atomic_block:
        transaction.on_commit(_touch)
    else:  # without so much as opening a connection
        _touch()


def _touch() -> None:
    path, now = settings.FLEET_STAMP, time.time_ns()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, ns=(now, now))
    except OSError:
        logger.exception("the other processes see this change later")
