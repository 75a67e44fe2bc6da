"""The tests' servers: `pytest_plugins = ["config.embedded.pytest_plugin"]` in the top conftest.py, or `-p` with it.

They start when pytest is configured, before a test connects, and stop at its end; without fsync, in `.data/test`.
DATABASE_URL and REDIS_URL replace them.
"""

import os

import pytest

from config import embedded
from config.embedded import Lease

_leases = pytest.StashKey[list[Lease]]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # Neither for a look at the list of tests nor for --help.
    if config.option.collectonly or config.option.help:
        return
    postgres, redis = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
    try:
        config.stash[_leases] = embedded.take_servers(
            embedded.test_data_dir(), postgres=postgres, redis=redis, durable=False
        )
    except embedded.EmbeddedError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_unconfigure(config: pytest.Config) -> None:
    embedded.release_all(config.stash.get(_leases, []))
