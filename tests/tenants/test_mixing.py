"""Twenty clients, twenty threads, failures everywhere: no row of one is ever seen in, or written to, another."""

import random
import re
import threading
from collections import Counter

import pytest
from celery import shared_task
from django.db import close_old_connections, connection
from django.test import Client as HttpClient
from django.test import override_settings
from django_tenants.utils import schema_context, tenant_context

from core.accounts.models import User
from crm.models import Company

CLIENTS, THREADS, REQUESTS = 20, 20, 15
NAME = re.compile(r"maison-(melange-\d+)-")


@shared_task
def add_company(name: str) -> None:
    Company.objects.create(name=name)


class Visitor(threading.Thread):
    """One browser going from client to client. `problems` says what it saw and should not have."""

    def __init__(self, number: int, clients: list, start: threading.Barrier) -> None:
        super().__init__(name=f"visitor-{number}")
        self.draw = random.Random(number)
        self.clients = clients
        self.barrier = start
        self.browsers: dict[str, HttpClient] = {}
        self.written: Counter[str] = Counter()
        self.problems: list[str] = []
        self.done = 0

    def run(self) -> None:
        try:
            self.barrier.wait(timeout=30)
            for step in range(REQUESTS):
                client = self.draw.choice(self.clients)
                self.draw.choice([self.reads, self.reads, self.writes, self.task, self.fails, self.walks])(client, step)
                close_old_connections()  # what a server does between two requests: back to the pool they share
                self.done += 1
        except Exception as error:  # noqa: BLE001 - reported by the test
            self.problems.append(f"{self.name}: {error!r}")
        finally:
            connection.close()

    def browser(self, client) -> HttpClient:
        if client.code not in self.browsers:
            browser = HttpClient(headers={"host": client.host}, raise_request_exception=False)
            with tenant_context(client):
                browser.force_login(User.objects.get(email=f"sales@{client.code}.example"))
            self.browsers[client.code] = browser
        return self.browsers[client.code]

    def look(self, client, text: str) -> None:
        strangers = {found for found in NAME.findall(text) if found != client.code}
        if strangers:
            self.problems.append(f"{client.code} shows rows of {strangers}")

    def reads(self, client, step) -> None:
        answer = self.browser(client).get("/crm/companies/", {"q": "maison"})
        if answer.status_code != 200:
            self.problems.append(f"{client.code}: {answer.status_code}")
        self.look(client, answer.content.decode())

    def walks(self, client, step) -> None:
        self.look(client, self.browser(client).get("/essai/curseur/").content.decode())

    def writes(self, client, step) -> None:
        form = {"name": f"maison-{client.code}-{self.name}-{step}", "kind": "business", "relation": "prospect"}
        answer = self.browser(client).post("/crm/companies/new/", form)
        if answer.status_code == 302:
            self.written[client.code] += 1
        else:
            self.problems.append(f"{client.code}: not written, {answer.status_code}")

    def task(self, client, step) -> None:
        name = f"maison-{client.code}-{self.name}-{step}-task"
        with schema_context("public"):  # where a worker stands
            add_company.apply([name], headers={"b2o_schema": client.schema_name}, throw=True)
        self.written[client.code] += 1

    def fails(self, client, step) -> None:
        address = self.draw.choice(["transaction", "ailleurs", "coupure"])
        self.browser(client).get(f"/essai/{address}/")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@override_settings(ROOT_URLCONF="tests.tenants.mixing_urls")
def test_no_row_of_one_client_is_ever_seen_in_another(make_client, caplog):
    caplog.set_level("CRITICAL")
    clients = [make_client(f"melange-{number}") for number in range(CLIENTS)]
    barrier = threading.Barrier(THREADS)
    visitors = [Visitor(number, clients, barrier) for number in range(THREADS)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(timeout=120)

    assert [problem for visitor in visitors for problem in visitor.problems] == []
    assert sum(visitor.done for visitor in visitors) == THREADS * REQUESTS
    written = sum((visitor.written for visitor in visitors), Counter())
    for client in clients:
        with tenant_context(client):
            names = list(Company.objects.values_list("name", flat=True))
        assert {NAME.match(name)[1] for name in names} <= {client.code}
        assert len(names) == written[client.code]
