"""Functions of the written requests' tables and of the outbox."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0063_client_certificates")]
    operations = [migrations.RunSQL((SQL / "interfaces.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop)]
