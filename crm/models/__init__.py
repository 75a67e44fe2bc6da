from crm.models.company import Company
from crm.models.contact import Contact

__all__ = ["Company", "Contact"]
