"""History with commitments: new functions beside the old trigger function, which late clients still call."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_functions")]
    operations = [migrations.RunSQL((SQL / "history.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop)]
