"""What a lead keeps."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0116_company_tree")]
    operations = [migrations.RunSQL((SQL / "leads.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop)]
