from crm.resources.company import CompanyResource
from crm.resources.contact import ContactResource

__all__ = ["CompanyResource", "ContactResource"]
