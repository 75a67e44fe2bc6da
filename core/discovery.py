"""A module's models and resources are found by where they lie: one file each, and nothing else to edit."""

from importlib import import_module
from pkgutil import iter_modules


def import_submodules(package: str, path: list[str]) -> None:
    """Import every module of a package: `import_submodules(__name__, __path__)` in its __init__.py."""
    for module in iter_modules(path):
        import_module(f"{package}.{module.name}")
