"""Set the project up on a fresh machine, then run a target: demo, test, bench, setup, lint, requirements, clean.

Standard library only. Each step leaves a stamp with the hash of what it read, so a second run does nothing.
"""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036  (the point: a message instead of a syntax error further on)
    # A newer one may lie beside it under its full name.
    for _name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        for _folder in os.environ.get("PATH", "").split(os.pathsep):
            _newer = os.path.join(_folder, _name)  # noqa: PTH118
            if os.access(_newer, os.X_OK):
                os.execv(_newer, [_newer, *sys.argv])  # noqa: S606
    sys.exit(
        f"Python 3.11 ou plus récent est nécessaire ; celui-ci est le {sys.version.split()[0]}.\n"
        "Installez-le, puis par exemple : make demo PYTHON=python3.12"
    )

from setup_steps import Setup, SetupError


def main(arguments: list[str]) -> int | str:
    target = arguments[0] if arguments else ""
    if target not in TARGETS:
        return f"Cible inconnue : « {target} ». Cibles : {', '.join(TARGETS)}."
    try:
        TARGETS[target](Setup(), arguments[1:])
    except SetupError as error:
        return f"\n{error}"
    except KeyboardInterrupt:
        return "\nInterrompu."
    return 0


def demo(setup: Setup, _arguments: list[str]) -> None:
    setup.everything("base")
    setup.become("-m", "config.demo")


def test(setup: Setup, arguments: list[str]) -> None:
    setup.everything("dev")
    setup.become("-m", "scripts.run_checks", *arguments)


def bench(setup: Setup, arguments: list[str]) -> None:
    setup.everything("dev")
    setup.become("-m", "tests.bench", *arguments)


def install(setup: Setup, _arguments: list[str]) -> None:
    setup.everything("dev")
    print("Tout est installé.")


def lint(setup: Setup, _arguments: list[str]) -> None:
    setup.python("dev")
    setup.run(setup.program("ruff"), "check", "--fix", ".")
    setup.run(setup.program("ruff"), "format", ".")


def requirements(setup: Setup, _arguments: list[str]) -> None:
    setup.compile_requirements()


def clean(setup: Setup, _arguments: list[str]) -> None:
    setup.clean()


TARGETS = {
    "demo": demo,
    "test": test,
    "bench": bench,
    "setup": install,
    "lint": lint,
    "requirements": requirements,
    "clean": clean,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
