"""What the commands of the vendor share: who runs them, the documents they are given, refusals said by field."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import CommandError

from core import audit
from tenants.models import Client


class Operator:
    """Whoever has the server: named in what is kept, by --by or by the name of their account there."""

    is_authenticated = True
    pk = None

    def __init__(self, name: str) -> None:
        self.name = name or getpass.getuser()

    def __str__(self) -> str:
        return f"{self.name} (commande)"


def add_operator(parser: Any) -> None:
    parser.add_argument("--by", default="", help="qui le fait ; par défaut le compte du serveur")


@contextmanager
def acting(name: str) -> Iterator[Operator]:
    """In the operator's name; a refusal ends the command with words, and nothing is done."""
    operator = Operator(name)
    try:
        with audit.by(operator, screen="command"):
            yield operator
    except ValidationError as error:
        raise CommandError(said(error)) from error


def said(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(f"{name} : {' '.join(messages)}" for name, messages in error.message_dict.items())


def client_of(code: str) -> Client:
    found = Client.objects.filter(code=code).first()
    if found is None:
        known = ", ".join(Client.objects.values_list("code", flat=True)) or "aucun"
        raise CommandError(f"Aucun client « {code} ». Clients : {known}.")
    return found


def document(path: str) -> SimpleUploadedFile:
    try:
        return SimpleUploadedFile(Path(path).name, Path(path).read_bytes())
    except OSError as error:
        raise CommandError(f"Le document ne se lit pas : {error}") from error
