"""Backups stay in France (R10): the store's host and region are on this list, exactly, at each request."""

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from backups.errors import BackupError

# Region → host of the provider's S3 service.
ALLOWED = {
    "fr-par": "s3.fr-par.scw.cloud",
    "gra": "s3.gra.io.cloud.ovh.net",
    "sbg": "s3.sbg.io.cloud.ovh.net",
    "rbx": "s3.rbx.io.cloud.ovh.net",
    "eu-west-2": "oos.eu-west-2.outscale.com",
    "cloudgouv-eu-west-1": "oos.cloudgouv-eu-west-1.outscale.com",
}


class Abroad(BackupError):
    """The request would leave for a place that is not on the list. It did not leave."""


def check(url: str, region: str) -> None:
    """Raises Abroad unless the address is https, port 443, without a user, of the region's host itself."""
    refused = Abroad(_("Stockage refusé, hors de la liste des hébergements en France : %(url)s") % {"url": _bare(url)})
    host = ALLOWED.get(region)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise refused from error
    if host is None or parts.scheme != "https" or port not in (None, 443) or "@" in parts.netloc:
        raise refused
    if parts.hostname != host or parts.netloc.split(":")[0].lower() != host:
        raise refused


def _bare(url: str) -> str:
    """Without what a message should not repeat: user, query."""
    return url.split("?", maxsplit=1)[0].rsplit("@", 1)[-1][:200]
