from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "Noyau"

    def ready(self):
        from core import (
            checks,  # noqa: F401 - registers the system checks
            checks_personal_data,  # noqa: F401
            checks_rights,  # noqa: F401
            registry,
            source_language,
        )

        source_language.speak_it()
        registry.discover()
