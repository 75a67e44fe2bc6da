"""manage.py starts the embedded servers for the commands that need them, and for no other."""

import pytest

from manage import needs_servers


@pytest.mark.parametrize("line", ["", "check", "vendor", "collectstatic --noinput", "migrate --help", "help"])
def test_commands_on_files_start_nothing(line):
    assert not needs_servers(line.split())


@pytest.mark.parametrize("line", ["migrate", "client list", "shell", "makemigrations --check", "dbshell"])
def test_commands_on_data_start_the_servers(line):
    assert needs_servers(line.split())
