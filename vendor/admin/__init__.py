"""The admin of ops.<domain>: the control plane only. No model of a client is ever registered here."""

from vendor.admin import backups, clients, contracts, exits, maintenance, registers
from vendor.admin.site import ops

__all__ = ["backups", "clients", "contracts", "exits", "maintenance", "ops", "registers"]
