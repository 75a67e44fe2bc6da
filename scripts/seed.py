"""The test database, migrated once: `make test` copies it for each of its parts (scripts/run_checks.py).

`python -m scripts.seed`: made anew in the data folder of TEST_PART, and left there with its servers stopped.
"""

import os
import shutil
import sys

from config import embedded

DATABASE = "myb2o_seed"


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    folder = embedded.test_data_dir()
    shutil.rmtree(folder / "postgres", ignore_errors=True)
    with embedded.servers(folder, durable=False):
        import django

        django.setup()
        from django.conf import settings
        from django.db import connections
        from django.test.utils import setup_databases

        settings.DATABASES["default"]["TEST"]["NAME"] = DATABASE
        setup_databases(verbosity=0, interactive=False, aliases={"default"}, serialized_aliases=set())
        connections.close_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
