"""`manage.py makemigrations`, with the triggers that new models ask for (tenants.autodetector)."""

from django.core.management.commands.makemigrations import Command as DjangoMakeMigrations

from tenants.autodetector import Autodetector


class Command(DjangoMakeMigrations):
    autodetector = Autodetector
