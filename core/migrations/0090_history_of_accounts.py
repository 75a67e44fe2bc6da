"""What happens to accounts, roles and teams is history too: who gave which role to whom. Never a password."""

from django.db import migrations

from core.operations import TrackTable


class Migration(migrations.Migration):
    dependencies = [("core", "0060_dashboards"), ("accounts", "0005_invitations")]
    operations = [
        TrackTable("accounts_user", "accounts.user", derived=("password", "last_login")),
        TrackTable("accounts_role", "accounts.role"),
        TrackTable("accounts_team", "accounts.team"),
        TrackTable("accounts_user_roles", "accounts.user_roles"),
        TrackTable("accounts_team_members", "accounts.team_members"),
    ]
