from core.models.base import DomainModel
from core.models.history import Event, EventValues, Seal, SealHead
from core.models.imports import ImportBatch, ImportState

__all__ = ["DomainModel", "Event", "EventValues", "ImportBatch", "ImportState", "Seal", "SealHead"]
