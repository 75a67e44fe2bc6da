"""`make test` (`python -m scripts.run_checks`): every check in order, then pytest; the first failed check ends it.

The tests run in three parts side by side, each on servers of its own: the kernel's, the browser's, all others. The
test database is migrated once, while the checks run, and each part starts from a copy of it (scripts/seed.py). Servers
named by the environment are one place, so there the parts follow each other.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from config import embedded
from scripts.browser import find_or_install
from scripts.seed import DATABASE

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
BIN = Path(PYTHON).parent
SEED = "seed"
PARTS = {"rest": "not browser and not kernel", "kernel": "kernel", "browser": "browser"}  # {part: marks}
NO_TESTS = 5  # pytest's exit code when nothing was chosen: of "-k siret" a part may hold none
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
        with ExitStack() as stack:
            seed = stack.enter_context(seeding()) if all(missing.values()) else None
            with embedded.servers(embedded.test_data_dir(), **missing, durable=False):
                if code := run_checks():
                    return code
            if seed and (code := wait_for(seed)):
                return code
            return run_pytest(arguments)
    except embedded.EmbeddedError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("\nInterrompu.", file=sys.stderr)
    return 1


@contextmanager
def seeding() -> Iterator[subprocess.Popen[bytes]]:
    """The making of the database that the parts copy. What it prints is shown when it fails."""
    command = [PYTHON, "-m", "scripts.seed"]
    with tempfile.TemporaryFile() as output:
        seed = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=_of_part(SEED))
        try:
            yield seed
            if seed.poll():
                output.seek(0)
                print(f"\n== base des tests : échec\n{output.read().decode(errors='replace')}", flush=True)
        finally:
            _interrupt(seed)


def wait_for(seed: subprocess.Popen[bytes]) -> int:
    """The code of the seeding; 0 once each part has its copy."""
    started = time.monotonic()
    if code := seed.wait():
        return code
    source = _folder(SEED) / "postgres"
    for part in PARTS:
        target = _folder(part) / "postgres"
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", str(source), str(target)], check=True)  # the owner of the files with them
    os.environ["TEST_SEED"] = DATABASE
    print(f"\n== base des tests, attendue puis copiée : {_since(started)}", flush=True)
    return 0


def _of_part(part: str) -> dict[str, str]:
    return {**os.environ, "TEST_PART": part}


def _folder(part: str) -> Path:
    return ROOT / ".data" / f"test-{part}"


def run_checks() -> int:
    """The exit code of the first check that fails, else 0."""
    for title, command in CHECKS.items():
        if code := timed(title, command):
            return code
    return 0


def run_pytest(arguments: list[str]) -> int:
    chromium = find_or_install()
    parts = dict(PARTS)
    if chromium:
        os.environ["CHROMIUM"] = chromium
    elif os.environ.get("CI") == "true":
        print("Aucun Chromium, et aucun moyen d’en installer un : les tests de navigateur sont obligatoires ici.")
        return 1
    else:
        del parts["browser"]
        print("Tests de navigateur sautés : aucun Chromium (installez le paquet « chromium »).", flush=True)
    commands = {
        part: [PYTHON, "-m", "pytest", "--durations=20", *arguments, "-m", marks] for part, marks in parts.items()
    }
    if os.environ.get("DATABASE_URL") or os.environ.get("REDIS_URL"):
        codes = [timed(f"pytest, {part}", command) for part, command in commands.items()]
    else:
        codes = side_by_side(commands)
    wrong = [code for code in codes if code not in (0, NO_TESTS)]
    return wrong[0] if wrong else min(codes)


def side_by_side(commands: dict[str, list[str]]) -> list[int]:
    """The exit codes. The first one's output comes as it is made, the others' when they have ended."""
    started = time.monotonic()
    running = []
    with ExitStack() as stack:
        for part, command in commands.items():
            output = stack.enter_context(tempfile.TemporaryFile()) if running else None
            print(f"\n== pytest, {part}" + (" : montré à la fin" if output else ""), flush=True)
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=_of_part(part)
            )
            stack.callback(_interrupt, process)
            running.append((part, process, output))
        for part, process, output in running:
            process.wait()
            if output:
                output.seek(0)
                print(f"\n== pytest, {part}\n{output.read().decode(errors='replace')}", flush=True)
            print(f"== pytest, {part} : {time.monotonic() - started:.0f} s", flush=True)
    return [process.returncode for _, process, _ in running]


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait()


def timed(title: str, command: list[str], *, closing: bool = True) -> int:
    """Run with a heading before and the duration after. `closing=False` leaves the last line to the program."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    if code:
        print(f"== {title} : échec (code {code})", flush=True)
    elif closing:
        print(f"== {title} : {_since(started)}", flush=True)
    return code


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s".replace(".", ",")


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
