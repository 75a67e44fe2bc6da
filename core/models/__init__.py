from core.models.base import DomainModel
from core.models.bin import BinnedRow
from core.models.calendar import CalendarSettings, Closure, OpeningWindow
from core.models.custom import CustomField
from core.models.dashboards import DashboardLayout
from core.models.drafts import FormDraft
from core.models.extractions import ExportFile, Extraction, ExtractionEnd
from core.models.files import Attachment
from core.models.history import Event, EventValues, Seal, SealHead
from core.models.imports import ImportBatch, ImportMapping, ImportState
from core.models.jobs import Job, JobState
from core.models.mail import DkimKey, MailSettings, MailState, OutgoingMail
from core.models.merging import DuplicatePair, Merge
from core.models.notes import Note
from core.models.notifications import Channel, Notification, NotificationChoice
from core.models.policy import PolicyReading
from core.models.sequences import Sequence
from core.models.tags import Tag, Tagging
from core.models.views import DefaultView, ListColumns, SavedView

__all__ = [
    "Attachment",
    "BinnedRow",
    "CalendarSettings",
    "Channel",
    "Closure",
    "CustomField",
    "DashboardLayout",
    "DefaultView",
    "DkimKey",
    "DomainModel",
    "DuplicatePair",
    "Event",
    "EventValues",
    "ExportFile",
    "Extraction",
    "ExtractionEnd",
    "FormDraft",
    "ImportBatch",
    "ImportMapping",
    "ImportState",
    "Job",
    "JobState",
    "ListColumns",
    "MailSettings",
    "MailState",
    "Merge",
    "Note",
    "Notification",
    "NotificationChoice",
    "OpeningWindow",
    "OutgoingMail",
    "PolicyReading",
    "SavedView",
    "Seal",
    "SealHead",
    "Sequence",
    "Tag",
    "Tagging",
]
