from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Assemblage"

    def ready(self):
        from config import personal_data
        from config.operations import residency  # noqa: F401 - registers its deployment check
        from core.accounts import seats
        from tenants import contracts

        personal_data.declare()
        seats.ask = contracts.seats_left  # the kernel asks; the contracts are the vendor's
