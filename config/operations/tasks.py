"""Each task has one line of the log and one figure, as each request has."""

import logging
import time
from typing import Any

from celery.signals import task_postrun, task_prerun

from config.operations import metrics
from config.operations.requests import request_id

logger = logging.getLogger("b2o.task")


def connect() -> None:
    """Called once, where Celery's application is made."""
    task_prerun.connect(_begins, weak=False)
    task_postrun.connect(_ends, weak=False)


def _begins(task_id: str, task: Any, **kwargs: Any) -> None:
    request_id.set(task_id)
    task.request.b2o_started = time.perf_counter()


def _ends(task_id: str, task: Any, state: str | None = None, **kwargs: Any) -> None:
    started = getattr(task.request, "b2o_started", None)
    seconds = time.perf_counter() - started if started else 0.0
    outcome = (state or "unknown").lower()
    metrics.task_ended(task.name, outcome, seconds)
    schema = (task.request.headers or {}).get("b2o_schema") or task.request.get("b2o_schema") or "-"
    client = "-" if schema == "public" else schema
    fields = {"task": task.name, "outcome": outcome, "ms": round(seconds * 1000, 1), "client": client}
    logger.info("%s %s", task.name, outcome, extra={"fields": fields})
    request_id.set("")
