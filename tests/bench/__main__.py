"""`make bench`: what each operation costs, beside its budget and the same SQL sent raw. A benchmark: it asserts nothing."""

import argparse
import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--only", default="", help="les opérations dont le nom contient ce texte")
    parser.add_argument("--quick", action="store_true", help="moins de répétitions, sans le million ni le serveur web")
    parser.add_argument("--json", type=Path, default=REPOSITORY / "build" / "bench.json")
    options = parser.parse_args()
    data_dir = REPOSITORY / ".data" / "bench"
    data_dir.mkdir(parents=True, exist_ok=True)
    # Its own servers and data, whatever the shell says; settings of the demo, which are production's but for https.
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ.update(DATA_DIR=str(data_dir), DJANGO_SETTINGS_MODULE="config.settings.dev", PORT="8000")

    # Whatever PostgreSQL works for a statement is then seen in its backend; shared out, it would not be counted.
    os.environ["PGOPTIONS"] = "-c max_parallel_workers_per_gather=0"

    from config import embedded

    with embedded.servers(data_dir):
        import django

        django.setup()
        from tests.bench.run import run

        return run(data_dir, only=options.only, quick=options.quick, output=options.json)


if __name__ == "__main__":
    sys.exit(main())
