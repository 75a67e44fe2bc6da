"""How many mails a client lets leave in an hour."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0091_history_of_designations"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailsettings",
            name="per_hour",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Les autres attendent leur tour.",
                null=True,
                verbose_name="courriels par heure, au plus",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailsettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("per_hour__gte", 1)), name="mail_rate_lets_some_leave"
            ),
        ),
    ]
