"""The density that a saved view keeps."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0021_mail"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="savedview",
            name="density",
            field=models.CharField(
                blank=True,
                choices=[("comfort", "Aérée"), ("compact", "Serrée")],
                db_default="",
                default="",
                max_length=8,
                verbose_name="densité",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.CheckConstraint(
                condition=models.Q(("density__in", ["", "comfort", "compact"])), name="saved_view_density_known"
            ),
        ),
    ]
