"""A Chromium for the browser tests: the machine's, else Debian's package when root, else playwright's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

WHOLE = ("chromium", "chromium-browser", "google-chrome")
NAMES = ("chromium-headless-shell", *WHOLE)  # the same engine without a window: a sixth less of the processor
PACKAGES = ("chromium-headless-shell", "chromium")  # the first that Debian has
FONTS = ("fonts-liberation", "fonts-dejavu-core")
INSTALL_SECONDS = 900


def find_or_install() -> str | None:
    """The path of a Chromium, installed if need be; None when there is no way."""
    asked = os.environ.get("CHROMIUM")
    if asked and os.access(asked, os.X_OK):
        return asked
    return _on_path() or _of_playwright() or _from_debian() or _from_playwright()


def _on_path() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _of_playwright() -> str | None:
    code = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    path = answer.stdout.strip()
    return path if path and Path(path).exists() else None


def _from_debian() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("→ Installation de Chromium (paquets Debian)…", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _try(["apt-get", "update", "-q"], quiet)
    for package in PACKAGES:
        _try(["apt-get", "install", "-y", "-q", "--no-install-recommends", package, *FONTS], quiet)
        if found := _on_path():
            return found
    return None


def _from_playwright() -> str | None:
    print("→ Installation de Chromium (playwright)…", flush=True)
    _try([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))
    return _of_playwright()


def _try(command: list[str], environment: dict[str, str]) -> None:
    """Run quietly; say in one line that it failed, since another way may remain."""
    try:
        result = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"  {command[0]} : {error}", flush=True)
        return
    if result.returncode:
        last = (result.stderr or result.stdout).strip().splitlines()[-1:]
        print(f"  {' '.join(command[:4])} a échoué : {' '.join(last)}", flush=True)
