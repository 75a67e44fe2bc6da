"""What near names have in common, as a function that indexes can use."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0111_support")]
    operations = [migrations.RunSQL((SQL / "likeness.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop)]
