"""A real SMTP server in this process, that answers as a test wants: a plugin of the top conftest.py."""

import logging
import socket

import pytest
from aiosmtpd.controller import Controller
from django.test import override_settings
from django_tenants.utils import tenant_context

logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's dialogue


class Post:
    """Keeps what it gets. `answers`: {address: answer to its RCPT}; `data`: the answer to every content."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, bytes]] = []  # (from, to, content)
        self.answers: dict[str, str] = {}
        self.data = "250 kept"
        self.before_answer = None

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.answers.get(address, "250 ok")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        if self.before_answer:
            await self.before_answer(server, envelope)
        if self.data.startswith("250"):
            self.got.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        return self.data

    @property
    def recipients(self) -> list[str]:
        return [to for _sender, to, _content in self.got]


@pytest.fixture
def post():
    post = Post()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        post.port = probe.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=post.port, ready_timeout=30)
    controller.start()
    yield post
    controller.stop()


@pytest.fixture
def smtp(post):
    """Django sends to that server."""
    backend = "django.core.mail.backends.smtp.EmailBackend"
    with override_settings(EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=post.port, EMAIL_TIMEOUT=10):
        yield post


@pytest.fixture
def own(make_client):
    """A committed client, active."""
    made = make_client("courriels")
    with tenant_context(made):
        yield made
