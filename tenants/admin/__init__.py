"""The admin of ops.<domain>: the control plane only. No model of a client is ever registered here."""

from tenants.admin import clients, contracts
from tenants.admin.site import ops

__all__ = ["clients", "contracts", "ops"]
