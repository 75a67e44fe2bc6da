from core.discovery import import_submodules
from crm.models.company import Company
from crm.models.contact import Contact

import_submodules(__name__, __path__)

__all__ = ["Company", "Contact"]
