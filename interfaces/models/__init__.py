from interfaces.models.journal import Call
from interfaces.models.keys import ApiKey
from interfaces.models.requests import Direction, LegalBasis, RequestedResource, WrittenRequest
from interfaces.models.webhooks import Delivery, DeliveryState, Webhook

__all__ = [
    "ApiKey",
    "Call",
    "Delivery",
    "DeliveryState",
    "Direction",
    "LegalBasis",
    "RequestedResource",
    "Webhook",
    "WrittenRequest",
]
