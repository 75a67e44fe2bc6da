from tenants.models.client import RESERVED, SERVED, Client, Domain, State, StateChange, validate_client_name
from tenants.models.contract import Amendment, Contract, Party, Termination
from tenants.models.maintenance import Maintenance, MaintenanceKind, Outcome
from tenants.models.optout import OptOut

__all__ = [
    "RESERVED",
    "SERVED",
    "Amendment",
    "Client",
    "Contract",
    "Domain",
    "Maintenance",
    "MaintenanceKind",
    "OptOut",
    "Outcome",
    "Party",
    "State",
    "StateChange",
    "Termination",
    "validate_client_name",
]
