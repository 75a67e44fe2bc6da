"""Files of a client lie in a folder of its own, and nothing is stored while no client is active."""

from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage

from tenants.connection import connection
from tenants.routers import NoActiveClient


class ClientStorage(FileSystemStorage):
    """`MEDIA_ROOT/<schema>/…`. Raises NoActiveClient in the public schema. Files have no public address."""

    @property
    def base_location(self) -> str:
        if connection.schema_name == settings.PUBLIC_SCHEMA_NAME:
            raise NoActiveClient("Aucun client actif : ce fichier n’appartient à personne.")
        return str(media_folder(connection.schema_name))

    @property
    def location(self) -> str:
        return str(Path(self.base_location).absolute())

    def url(self, name):
        raise NotImplementedError("Les fichiers d’un client sortent par des vues qui vérifient les droits.")


def media_folder(schema: str) -> Path:
    """Where a client's files lie."""
    return Path(settings.MEDIA_ROOT) / schema
