"""Backups: a night of clients beside raw pg_dump, an increment beside its full, a restore beside psql; and the heavy
gates: 25 rounds of torture, a thousand flipped bits."""

import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

import zstandard
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django_tenants.utils import schema_context, tenant_context

from backups import postgres
from backups.actions import back_up, manifest_of, scratch_of, scratch_schema, vault_of, verify
from backups.engine import container, snapshot
from backups.engine.sealed import Vault
from backups.keyring import keyring
from backups.models import Backup, Trigger
from backups.storage import storage
from tenants.models import Client
from tenants.provisioning import create_client, delete_client
from tests.bench.history import _INSERT
from tests.bench.measuring import work_seconds
from tests.bench.report import Line, Report

PREFIX = "bench-sauve"
_TARGET = "b2o_bench_psql"
_PSQL_ONLY = re.compile(r"\\(un)?restrict ")


def backups(report: Report, *, quick: bool) -> None:
    """One large client, and the gates. Figures in seconds, wall time; ratios are of the same run."""
    with store():
        _one(report, rows=20_000 if quick else 200_000)
        _gates(report, quick=quick)


def nights(report: Report, *, quick: bool) -> None:
    """A night of more and more clients."""
    with store():
        _night(report, counts=(1, 10) if quick else (1, 50, 200))


@contextmanager
def store() -> Iterator[None]:
    """A store and a keyring of their own; the clients go at the end."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with override_settings(BACKUP_ROOT=root / "backups", BACKUP_KEYRING=root / "keyring", BACKUP_S3={}):
            _clean()
            try:
                yield
            finally:
                _clean()


def _one(report: Report, *, rows: int) -> None:
    client = client_of_bench(0)
    with schema_context(client.schema_name), connection.cursor() as cursor:
        cursor.execute(_INSERT, [rows])
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {client.schema_name}.crm_company, {client.schema_name}.core_event")
    full: list[Backup] = []
    whole = _seconds(lambda: full.append(back_up(client, trigger=Trigger.MANUAL)))
    raw, written, unproven = _by_turns(
        lambda: _raw_dump(client.schema_name), lambda: _written(client), lambda: _without_sums(client)
    )
    detail = f"{written:.2f} s, pg_dump {raw:.2f} s, vérifiée {whole:.2f} s"
    report.line(Line(f"sauvegarde complète, {rows} lignes / pg_dump | zstd", written / raw, "×", 2.5, detail=detail))
    report.line(Line("sauvegarde complète sans sommes / pg_dump | zstd", unproven / raw, "×", 1.6,
                     detail=f"{unproven:.2f} s"))  # fmt: skip
    with schema_context(client.schema_name), connection.cursor() as cursor:
        cursor.execute("UPDATE crm_company SET city = 'Quimper' WHERE id % 100 = 0")
    parent = container.Parent(full[0].seq, full[0].path, full[0].manifest_sha256, manifest_of(full[0]))
    wall = _by_turns(lambda: _written(client, parent), lambda: _written(client))
    small, again = _by_turns(lambda: _written(client, parent), lambda: _written(client), measure=_work)
    report.line(
        Line(
            "sauvegarde, incrément (1 % de chaque table) / complète, processeur", small / again * 100, "%", 20,
            detail=f"{small:.2f} s sur {again:.2f} s ; à la montre {wall[0]:.2f} s sur {wall[1]:.2f} s",
        )
    )  # fmt: skip
    text = _plain(client.schema_name)
    restored, proven, raw = _by_turns(
        lambda: _restored(full[0], proof=False), lambda: _restored(full[0]), lambda: _psql(text), turns=2
    )
    report.line(Line("sauvegarde, restauration / psql", restored / raw, "×", 1.3,
                     detail=f"{restored:.2f} s, prouvée {proven:.2f} s, psql {raw:.2f} s"))  # fmt: skip


def _night(report: Report, *, counts: tuple[int, ...]) -> None:
    """Every client once, as the runners do, one after the other; each `count` clients more."""
    took: dict[int, float] = {}
    clients: list[Client] = []
    for count in counts:
        while len(clients) < count:
            clients.append(client_of_bench(len(clients) + 1))
        took[count] = _seconds(lambda: [back_up(client, trigger=Trigger.MANUAL) for client in clients])
        report.line(Line(f"sauvegarde, une nuit de {count} clients", took[count], "s",
                         detail=f"{took[count] / count:.2f} s par client, vérification comprise"))  # fmt: skip
    raw = _seconds(lambda: [_raw_dump(client.schema_name) for client in clients[: counts[1]]]) / counts[1]
    each = took[counts[-1]] / counts[-1]
    stored = _seconds(lambda: [_written(client) for client in clients[: counts[1]]]) / counts[1]
    report.line(Line("sauvegarde d’un petit client / pg_dump | zstd", stored / raw, "×", 2.5,
                     detail=f"{stored:.2f} s écrite, {each:.2f} s prouvée, pg_dump {raw:.2f} s à {counts[-1]} clients"))  # fmt: skip
    report.line(Line("sauvegarde, croissance d’une nuit par client", each / (took[counts[1]] / counts[1]), "×", 1.5))


def _gates(report: Report, *, quick: bool) -> None:
    from tests.backups.test_sealing import undetected
    from tests.backups.test_torture import SCHEMA, TABLES, torture

    with postgres.connect() as own:
        own.execute(TABLES)
        try:
            wrong = torture(rounds=5 if quick else 25, seed=7)
        finally:
            own.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            own.execute(f"DROP SCHEMA IF EXISTS {SCHEMA}_restored CASCADE")
    naive = wrong["visible"] + wrong["updated_at"]
    report.line(Line("sauvegarde, torture : restaurations fausses", wrong["horizon"], "", 0))
    report.line(Line("sauvegarde, torture : fausses sans l’horizon", naive, "", 1, least=True))
    backup = Backup.objects.filter(client_code__startswith=PREFIX).first()
    missed = undetected(backup, Path(settings.BACKUP_ROOT) / backup.path, 100 if quick else 1000)  # type: ignore[union-attr]
    report.line(Line("sauvegarde, bits retournés non vus", missed, "", 0))
    verify(backup)  # type: ignore[arg-type]


def client_of_bench(number: int) -> Client:
    with schema_context("public"):
        client = create_client(f"{PREFIX}-{number}", f"Sauvegardes {number}")
    with tenant_context(client), connection.cursor() as cursor:
        cursor.execute(_INSERT, [50])
    return client


def _written(client: Client, parent: container.Parent | None = None) -> None:
    """The container alone, without the trial restore."""
    vault = Vault(storage(), keyring().recipient(client.pk))
    container.write(vault, keyring().sign, client.schema_name, int(time.time() * 1000), parent)


def _without_sums(client: Client) -> None:
    """The container as it would be if nothing were proven by it."""
    with mock.patch.object(
        snapshot, "sums", lambda _own, _schema, wanted, _only: {t.name: (0, "0", "0") for t in wanted}
    ):
        _written(client)


def _restored(backup: Backup, *, proof: bool = True) -> None:
    with postgres.client_lock(backup.schema_name), scratch_of(backup.schema_name) as own, ExitStack() as stack:
        if not proof:
            stack.enter_context(mock.patch.object(container, "_prove"))
        container.load(vault_of(backup), keyring().check, manifest_of(backup), own, scratch_schema(backup.schema_name))


def _raw_dump(schema: str) -> bytes:
    """`pg_dump -Fc -Z0` of one schema through zstd -3: what anyone would write in a minute, and prove nothing."""
    return zstandard.ZstdCompressor(level=3).compress(
        _tool("pg_dump", "-Fc", "-Z0", f"--schema={schema}", "--no-owner")
    )


def _plain(schema: str) -> str:
    """The raw dump as SQL, for a schema of another name."""
    text = _tool("pg_dump", f"--schema={schema}", "--no-owner", "--no-privileges").decode()
    kept = (line for line in text.replace(schema, _TARGET).split("\n") if not _PSQL_ONLY.match(line))
    return "\n".join(kept)


def _psql(text: str) -> None:
    with postgres.connect() as own:
        postgres.drop_schema(own, _TARGET)
    try:
        _tool("psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", text=text)
    finally:
        with postgres.connect() as own:
            postgres.drop_schema(own, _TARGET)


def _tool(program: str, *words: str, text: str | None = None) -> bytes:
    from psycopg.conninfo import make_conninfo

    params = {k: v for k, v in postgres._parameters().items() if v is not None and k != "prepare_threshold"}
    command = [postgres._program(program), *words, f"--dbname={make_conninfo(**params)}"]
    done = subprocess.run(command, input=text.encode() if text else None, capture_output=True, check=True)
    return done.stdout


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _work(act: Callable[[], object]) -> float:
    """Seconds of processor, ours and PostgreSQL's."""
    before = work_seconds()
    act()
    return work_seconds() - before


def _by_turns(
    *works: Callable[[], object], turns: int = 5, measure: Callable[[Callable[[], object]], float] = _seconds
) -> list[float]:
    """The best time of each, taken by turns: whatever else the machine does falls on all of them."""
    took = [[measure(work) for work in works] for _turn in range(turns)]
    return [min(column) for column in zip(*took, strict=True)]


def _clean() -> None:
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    for client in Client.objects.filter(code__startswith=PREFIX):
        delete_client(client)
    Backup.objects.filter(client_code__startswith=PREFIX).delete()
