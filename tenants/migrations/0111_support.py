"""Function of the accesses that clients give to the support."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0110_interfaces")]
    operations = [migrations.RunSQL((SQL / "support.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop)]
