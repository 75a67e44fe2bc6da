"""Figures for Prometheus: what web processes and workers count, into files that `manage.py metrics` reads together.

Counted only where PROMETHEUS_MULTIPROC_DIR names a folder, which its services share. No label is a client or a person.
"""

import os
from functools import cache
from typing import Any

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_TASK_SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 1800)


@cache
def _figures() -> dict[str, Any] | None:
    """Made at the first count, in the process that counts: the library writes files named after it."""
    if not os.environ.get(FOLDER):
        return None
    from prometheus_client import Counter, Histogram, values

    values.ValueClass = values.MultiProcessValue(_process)
    return {
        "requests": Counter("b2o_requests", "Requests answered", ["method", "page", "status"]),
        "seconds": Histogram("b2o_request_seconds", "Time to answer", buckets=_SECONDS),
        "tasks": Counter("b2o_tasks", "Tasks ended", ["task", "outcome"]),
        "task_seconds": Histogram("b2o_task_seconds", "Time of a task", buckets=_TASK_SECONDS),
    }


def _process() -> str:
    """The place of a worker's process, which its successor takes over: files do not pile up. Else its number."""
    from billiard.process import current_process

    place = getattr(current_process(), "index", None)
    return f"worker-{place}" if place is not None else str(os.getpid())


def request_served(method: str, page: str, status: int, seconds: float) -> None:
    figures = _figures()
    if figures is not None:
        figures["requests"].labels(method, page, str(status)).inc()
        figures["seconds"].observe(seconds)


def task_ended(task: str, outcome: str, seconds: float) -> None:
    figures = _figures()
    if figures is not None:
        figures["tasks"].labels(task, outcome).inc()
        figures["task_seconds"].observe(seconds)
