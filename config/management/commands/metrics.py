"""The figures for Prometheus, on an internal address: never through the proxy."""

import ipaddress
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.operations.gauges import told


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(404)
            return
        body = told()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to say: somebody asks each fifteen seconds."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Server6(_Server):
    address_family = socket.AF_INET6


class Command(BaseCommand):
    help = "Sert les mesures pour Prometheus sur une adresse interne ; --once les écrit et finit."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--bind", default="127.0.0.1:9464")
        parser.add_argument("--once", action="store_true")

    def handle(self, *args: Any, bind: str, once: bool, **options: Any) -> None:
        if once:
            self.stdout.write(told().decode())
            return
        host, _colon, port = bind.rpartition(":")
        host = host.strip("[]")
        try:
            address = ipaddress.ip_address(host)
        except ValueError as error:
            raise CommandError(f"--bind {bind} : une adresse IP et un port, « 127.0.0.1:9464 ».") from error
        if address.is_global:
            raise CommandError(f"--bind {bind} : ces mesures ne sont pas publiques ; prenez une adresse interne.")
        kind = _Server6 if address.version == 6 else _Server
        with kind((host, int(port)), _Handler) as server:
            server.serve_forever()
