from core.discovery import import_submodules
from crm.models.activity import Activity, CalendarFeed
from crm.models.company import Company
from crm.models.consent import Consent, MailingList, ProspectingSettings, Suppression
from crm.models.contact import Contact
from crm.models.deal import Deal
from crm.models.lead import Lead
from crm.models.mailing import Mailing, MailTemplate, Message
from crm.models.pipeline import LostReason, Pipeline, Stage
from crm.models.site import Site

import_submodules(__name__, __path__)

__all__ = [
    "Activity",
    "CalendarFeed",
    "Company",
    "Consent",
    "Contact",
    "Deal",
    "Lead",
    "LostReason",
    "MailTemplate",
    "Mailing",
    "MailingList",
    "Message",
    "Pipeline",
    "ProspectingSettings",
    "Site",
    "Stage",
    "Suppression",
]
