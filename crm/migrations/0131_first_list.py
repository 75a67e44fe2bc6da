"""The list that every instance is born with; and from here on, the history of lists.

The history begins after: what a client is born with is no event of theirs.
"""

from django.db import migrations

from core.operations import TrackHistory


def add(apps, schema_editor):
    apps.get_model("crm", "MailingList").objects.create(
        name="Nouvelles et offres", description="Nos nouveautés, nos conseils et nos offres."
    )


class Migration(migrations.Migration):
    dependencies = [("crm", "0130_mailings")]
    operations = [
        migrations.RunPython(add, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        TrackHistory("MailingList"),
    ]
