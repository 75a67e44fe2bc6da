"""The kernel's background work, where Celery looks for it."""

from core.importing.tasks import check, commit, take_back

__all__ = ["check", "commit", "take_back"]
