"""Counts under any filters from one small index."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0002_credit_limit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddIndex(
            "company", models.Index(fields=["relation", "kind", "registry_state", "owner"], name="company_facets")
        ),
        migrations.AddIndex("contact", models.Index(fields=["recipient_kind", "owner"], name="contact_facets")),
    ]
