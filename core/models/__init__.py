from core.models.base import DomainModel
from core.models.history import Event, EventValues

__all__ = ["DomainModel", "Event", "EventValues"]
