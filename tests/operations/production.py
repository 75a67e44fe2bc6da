# ruff: noqa: F403, F405
"""The settings of production, with static files as the tests have them: nothing is collected there."""

from config.settings.prod import *

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
