"""Whoever becomes active takes a seat of the client's contract; the vendor's own people take none."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_designations"), ("tenants", "0060_contracts")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER seats BEFORE INSERT OR UPDATE OF is_active ON accounts_user "
            "FOR EACH ROW EXECUTE FUNCTION public.b2o_take_seat()",
            "DROP TRIGGER seats ON accounts_user",
        )
    ]
