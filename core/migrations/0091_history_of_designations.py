"""What happens to the designations of référents is history too."""

from django.db import migrations

from core.operations import TrackTable


class Migration(migrations.Migration):
    dependencies = [("core", "0090_history_of_accounts"), ("accounts", "0009_designations")]
    operations = [TrackTable("accounts_designation", "accounts.designation")]
