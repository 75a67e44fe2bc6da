from core.accounts.models.designations import Designation, Domain
from core.accounts.models.invitations import InvitationLink
from core.accounts.models.journal import DoorEvent, DoorEventKind
from core.accounts.models.people import Role, Team, User, UserManager
from core.accounts.models.support import SupportAccess, SupportVisit

__all__ = [
    "Designation",
    "Domain",
    "DoorEvent",
    "DoorEventKind",
    "InvitationLink",
    "Role",
    "SupportAccess",
    "SupportVisit",
    "Team",
    "User",
    "UserManager",
]
