from core.discovery import import_submodules
from crm.resources.activity import ActivityResource
from crm.resources.company import CompanyResource
from crm.resources.contact import ContactResource
from crm.resources.deal import DealResource
from crm.resources.lead import LeadResource
from crm.resources.mailing import MailingResource, MailTemplateResource
from crm.resources.site import SiteResource

import_submodules(__name__, __path__)

__all__ = [
    "ActivityResource",
    "CompanyResource",
    "ContactResource",
    "DealResource",
    "LeadResource",
    "MailTemplateResource",
    "MailingResource",
    "SiteResource",
]
