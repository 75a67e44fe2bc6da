from tenants.models.client import RESERVED, Client, Domain, State, validate_client_name
from tenants.models.contract import Amendment, Contract, Party, Termination

__all__ = [
    "RESERVED",
    "Amendment",
    "Client",
    "Contract",
    "Domain",
    "Party",
    "State",
    "Termination",
    "validate_client_name",
]
