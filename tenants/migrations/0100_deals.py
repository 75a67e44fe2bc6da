"""What a deal's stage decides of the deal."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0060_contracts")]
    operations = [migrations.RunSQL((SQL / "deals.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop)]
