"""One POST to an address that somebody typed: never to this network, whatever the name says or becomes.

The host is among those of the written request; every address that its name has must be public; the connection goes to
one of the addresses that were judged, so that a second answer of the name's server changes nothing; a redirection is
an answer like another, and is not followed.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

SECONDS = 10  # of silence
ALTOGETHER = 30
_MOST = 2048  # bytes of an answer that are read
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PORTS = (443, 8443)


class Unsafe(Exception):
    """The address is not one to which data may go; the message, in French, says why."""


class Failed(Exception):
    """It did not answer."""


@dataclass(frozen=True)
class Target:
    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True)
class Answer:
    status: int
    text: str

    @property
    def received(self) -> bool:
        return 200 <= self.status < 300


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect(address: str, port: int) -> socket.socket:
    """Raises OSError."""
    return socket.create_connection((address, port), timeout=SECONDS)


def judged(url: str, hosts: Collection[str]) -> Target:
    """The parts of an address, by its words alone. Raises Unsafe."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip(".").lower(), parts.port
    except ValueError as error:
        raise Unsafe(_("Cette adresse ne se lit pas.")) from error
    if parts.scheme not in settings.WEBHOOK_SCHEMES:
        raise Unsafe(_("L’adresse commence par https:// : rien ne sort en clair."))
    if parts.username or parts.password:
        raise Unsafe(_("Une adresse ne porte ni nom ni mot de passe."))
    if host not in hosts:
        raise Unsafe(_("« %s » n’est pas parmi les hôtes de la demande écrite.") % host[:80])
    port = port or (443 if parts.scheme == "https" else 80)
    if parts.scheme == "https" and port not in _PORTS:
        raise Unsafe(_("Le port est 443 ou 8443."))
    path = parts.path or "/"
    return Target(parts.scheme, host, port, f"{path}?{parts.query}" if parts.query else path)


def is_public(address: str) -> bool:
    """Whether an IP address is somewhere on the Internet, seen through the forms that hide another."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def post(
    url: str,
    body: bytes,
    headers: dict[str, str],
    *,
    hosts: Collection[str],
    resolving: Callable[[str, int], list[str]] | None = None,
    connecting: Callable[[str, int], socket.socket] | None = None,
) -> Answer:
    """Raises Unsafe or Failed. `resolving` and `connecting` stand for the network, in tests."""
    target = judged(url, hosts)
    try:
        addresses = (resolving or resolve)(target.host, target.port)
    except (OSError, UnicodeError) as error:
        raise Failed(_("« %s » n’a pas d’adresse.") % target.host) from error
    if not addresses:
        raise Failed(_("« %s » n’a pas d’adresse.") % target.host)
    # One private address among them is enough: which one would be taken is not ours to hope.
    if not all(is_public(address) for address in addresses):
        raise Unsafe(_("« %s » mène à une adresse privée : rien n’y est envoyé.") % target.host)
    try:
        return _exchange(target, (connecting or connect)(addresses[0], target.port), body, headers)
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"{type(error).__name__} {error}"[:400]) from error


def _exchange(target: Target, line: socket.socket, body: bytes, headers: dict[str, str]) -> Answer:
    # An answer that drips byte by byte is never silent: the whole has an end too.
    guard = threading.Timer(ALTOGETHER, _cut, [line])
    guard.daemon = True
    guard.start()
    try:
        if target.scheme == "https":
            line = ssl.create_default_context().wrap_socket(line, server_hostname=target.host)
        conversation = http.client.HTTPConnection(target.host, target.port, timeout=SECONDS)
        conversation.sock = line
        conversation.request("POST", target.path, body=body, headers={**headers, "Connection": "close"})
        answer = conversation.getresponse()
        text = answer.read(_MOST).decode("utf-8", "replace")
        return Answer(answer.status, text)
    finally:
        guard.cancel()
        line.close()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
