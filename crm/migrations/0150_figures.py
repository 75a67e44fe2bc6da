"""Indexes of the sums of the dashboard."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0131_first_list"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)),
                fields=["stage", "owner"],
                include=("amount", "probability"),
                name="deal_in_view",
            ),
        ),
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False)),
                fields=["state", "closed_at"],
                include=("amount", "owner", "source"),
                name="deal_ended",
            ),
        ),
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(
                condition=models.Q(("source", ""), _negated=True), fields=["source"], name="deal_by_source"
            ),
        ),
    ]
