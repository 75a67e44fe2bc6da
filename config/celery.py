"""Celery: every task runs in the client that its message names (tenants.tasks.ClientTask)."""

import os

from celery import Celery

from config.operations import tasks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("myb2o", task_cls="tenants.tasks:ClientTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
tasks.connect()
