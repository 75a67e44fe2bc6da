"""Numbers without gaps: the function that takes one, and the guard of the counters."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_sealed_history")]
    operations = [migrations.RunSQL((SQL / "sequences.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop)]
