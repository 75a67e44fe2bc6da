"""`manage.py client create|list|suspend|resume|delete`."""

import time
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tenants.models import Client
from tenants.provisioning import create_client, delete_client
from tenants.states import resume, suspend


def typed(question: str) -> str:
    """What the person answers. Raises CommandError where nobody can (cron, a pipe)."""
    try:
        return input(question)
    except EOFError:
        raise CommandError("Personne ne peut confirmer ici : ajoutez --yes. Rien n’a été fait.") from None


class Command(BaseCommand):
    help = "Crée, liste, suspend, remet en service ou supprime un client."

    def add_arguments(self, parser):
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="nouveau client, prêt en moins d’une seconde")
        create.add_argument("code", help="nom court : c’est aussi le début de son adresse")
        create.add_argument("--name", help="raison sociale (par défaut : le nom court)")
        create.add_argument("--hue", type=int, help="teinte de sa marque, 0 à 359")
        verbs.add_parser("list", help="tous les clients")
        for verb, text in (("suspend", "ferme l’instance"), ("resume", "la rouvre")):
            verbs.add_parser(verb, help=text).add_argument("code")
        delete = verbs.add_parser("delete", help="détruit le schéma et les fichiers")
        delete.add_argument("code")
        delete.add_argument("--yes", action="store_true", help="ne pas demander de confirmation")

    def handle(self, *args, verb, **options):
        getattr(self, verb)(**options)

    def create(self, *, code, name, hue, **options):
        started = time.perf_counter()
        try:
            client = create_client(code, name or code.replace("-", " ").title(), hue=hue)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{client.code} créé en {time.perf_counter() - started:.2f} s : {client.host}")

    def list(self, **options):
        for client in Client.objects.all():
            self.stdout.write(f"{client.code:<24} {client.get_state_display():<15} {client.host:<40} {client.name}")

    def suspend(self, *, code, **options):
        self._move(suspend, code)
        self.stdout.write(f"{code} est suspendu.")

    def resume(self, *, code, **options):
        self._move(resume, code)
        self.stdout.write(f"{code} est de nouveau ouvert.")

    def delete(self, *, code, yes, **options):
        client = self._client(code)
        question = f"Détruire « {client.name} », ses données et ses fichiers ? Tapez {code} : "
        if not yes and typed(question) != code:
            raise CommandError("Rien n’a été supprimé.")
        delete_client(client)
        self.stdout.write(f"{code} est supprimé.")

    def _move(self, step: Callable[[Client], None], code: str) -> None:
        try:
            step(self._client(code))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def _client(self, code: str) -> Client:
        try:
            return Client.objects.get(code=code)
        except Client.DoesNotExist:
            known = ", ".join(Client.objects.values_list("code", flat=True)) or "aucun"
            raise CommandError(f"Aucun client « {code} ». Clients : {known}.") from None
