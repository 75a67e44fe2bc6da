from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "core.accounts"
    label = "accounts"
    verbose_name = "Comptes"

    def ready(self):
        from core.accounts import journal

        journal.listen()
