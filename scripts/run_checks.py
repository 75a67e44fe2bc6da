"""`make test` (`python -m scripts.run_checks`): every check in order, then pytest; the first failure ends it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from config import embedded
from scripts.browser import find_or_install

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
BIN = Path(PYTHON).parent
CHECKS: dict[str, list[str]] = {
    "ruff check": [str(BIN / "ruff"), "check", "."],
    "ruff format": [str(BIN / "ruff"), "format", "--check", "."],
    "import-linter": [str(BIN / "lint-imports")],
    "mypy": [str(BIN / "mypy")],
    "manage.py check": [PYTHON, "manage.py", "check"],
    "migrations à jour": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
}


def main(arguments: list[str]) -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    os.chdir(ROOT)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    missing = {"postgres": not os.environ.get("DATABASE_URL"), "redis": not os.environ.get("REDIS_URL")}
    try:
        with embedded.servers(embedded.test_data_dir(), **missing, durable=False):
            return run_checks() or run_pytest(arguments)
    except embedded.EmbeddedError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("\nInterrompu.", file=sys.stderr)
    return 1


def run_checks() -> int:
    """The exit code of the first check that fails, else 0."""
    for title, command in CHECKS.items():
        if code := timed(title, command):
            return code
    return 0


def run_pytest(arguments: list[str]) -> int:
    chromium = find_or_install()
    command = [PYTHON, "-m", "pytest", *arguments]
    if chromium:
        os.environ["CHROMIUM"] = chromium
    elif os.environ.get("CI") == "true":
        print("Aucun Chromium, et aucun moyen d’en installer un : les tests de navigateur sont obligatoires ici.")
        return 1
    else:
        print("Tests de navigateur sautés : aucun Chromium (installez le paquet « chromium »).", flush=True)
        command += ["-m", "not browser"]
    return timed("pytest", command, closing=False)


def timed(title: str, command: list[str], *, closing: bool = True) -> int:
    """Run with a heading before and the duration after. `closing=False` leaves the last line to the program."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    if code:
        print(f"== {title} : échec (code {code})", flush=True)
    elif closing:
        print(f"== {title} : {time.monotonic() - started:.1f} s".replace(".", ","), flush=True)
    return code


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
