from tenants.models.client import RESERVED, SERVED, Client, Domain, State, StateChange, validate_client_name
from tenants.models.contract import Amendment, Contract, Party, Termination

__all__ = [
    "RESERVED",
    "SERVED",
    "Amendment",
    "Client",
    "Contract",
    "Domain",
    "Party",
    "State",
    "StateChange",
    "Termination",
    "validate_client_name",
]
