#!/usr/bin/env python3
"""Django's commands. Without DATABASE_URL and REDIS_URL the embedded servers run for the time of the command."""

import os
import sys
from contextlib import nullcontext

# What reads and writes files only.
WITHOUT_SERVERS = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "startapp",
    "vendor",
    "version",
}


def needs_servers(arguments: list[str]) -> bool:
    """Whether this command line talks to PostgreSQL or Redis."""
    # Not makemigrations: it compares with the database's history, and waits in vain for five seconds without one.
    no_command = not arguments or arguments[0] in WITHOUT_SERVERS
    return not no_command and not {"-h", "--help", "--version"} & set(arguments)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    from config import embedded

    data_dir, durable = embedded.data_dir_from_environment(), True
    if os.environ["DJANGO_SETTINGS_MODULE"] == "config.settings.test":
        data_dir, durable = embedded.test_data_dir(), False
    missing = {"postgres": not os.environ.get("DATABASE_URL"), "redis": not os.environ.get("REDIS_URL")}
    wanted = needs_servers(sys.argv[1:]) and os.environ["DJANGO_SETTINGS_MODULE"] != "config.settings.prod"

    from django.core.management import execute_from_command_line

    with embedded.servers(data_dir, **missing, durable=durable) if wanted else nullcontext():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
