from core.accounts.models.invitations import InvitationLink
from core.accounts.models.people import Role, Team, User, UserManager

__all__ = ["InvitationLink", "Role", "Team", "User", "UserManager"]
