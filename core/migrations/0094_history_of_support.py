"""What the support is allowed, and what it looks at, is history too."""

from django.db import migrations

from core.operations import TrackTable


class Migration(migrations.Migration):
    dependencies = [("core", "0093_policy_readings"), ("accounts", "0051_support")]
    operations = [
        TrackTable("accounts_supportaccess", "accounts.supportaccess"),
        TrackTable("accounts_supportvisit", "accounts.supportvisit", derived=("ticket",)),
    ]
