from django.apps import AppConfig
from django.core import checks


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Assemblage"

    def ready(self):
        from config import personal_data
        from config.operations.residency import residency
        from core.accounts import seats
        from tenants import contracts

        personal_data.declare()
        checks.register(residency, checks.Tags.security, deploy=True)
        seats.ask = contracts.seats_left  # the kernel asks; the contracts are the vendor's
