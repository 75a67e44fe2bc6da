from tests.tenants.conftest import erased_contracts, ops

__all__ = ["erased_contracts", "ops"]
