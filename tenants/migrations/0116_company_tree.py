"""No circle among parent companies."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0115_likeness")]
    operations = [migrations.RunSQL((SQL / "companies.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop)]
