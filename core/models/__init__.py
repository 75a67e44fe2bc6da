from core.models.base import DomainModel
from core.models.history import Event, EventValues
from core.models.imports import ImportBatch, ImportState

__all__ = ["DomainModel", "Event", "EventValues", "ImportBatch", "ImportState"]
