from backups.models.catalogue import KEPT, SCHEDULED, AlarmSent, Backup, Kind, State, Trigger
from backups.models.downloads import FETCHES, Download, DownloadFetch
from backups.models.erasures import Erasure, ErasureKind
from backups.models.requests import OPEN, RequestState, RestoreRequest

__all__ = [
    "FETCHES",
    "KEPT",
    "OPEN",
    "SCHEDULED",
    "AlarmSent",
    "Backup",
    "Download",
    "DownloadFetch",
    "Erasure",
    "ErasureKind",
    "Kind",
    "RequestState",
    "RestoreRequest",
    "State",
    "Trigger",
]
