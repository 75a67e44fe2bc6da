"""Jobs of the tests, that a real worker imports too (`celery -I tests.jobs.kinds`)."""

import os
import signal
import time
from pathlib import Path

from django.core.files.base import ContentFile
from django.db import connection

from core.jobs import JobError, Result, Running, job_kind
from crm.models import Company


@job_kind("test-count", label="Compte")
def count(job: Running, *, upto: int) -> Result:
    job.total(upto)
    for _number in range(upto):
        job.advance()
    return Result(message=f"{upto} comptés", url="/crm/companies/", data={"counted": upto})


@job_kind("test-refuse", label="Refus")
def refuse(job: Running) -> None:
    Company.objects.create(name="Jamais gardée")
    raise JobError("La liste est vide : choisissez d’abord des sociétés.")


@job_kind("test-crash", label="Panne")
def crash(job: Running) -> None:
    Company.objects.create(name="Jamais gardée")
    raise ZeroDivisionError


@job_kind("test-broken-query", label="Requête fausse")
def broken_query(job: Running) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")


@job_kind("test-file", label="Fichier")
def give_file(job: Running) -> Result:
    return Result(message="Prêt", file=ContentFile(b"a;b"), filename="../liste.csv")


@job_kind("test-write-and-wait", label="Écrit et attend", restart=False)
def write_and_wait(job: Running, *, folder: str) -> Result:
    return _write_and_wait(job, folder)


@job_kind("test-restart", label="Reprend", restart=True)
def restart(job: Running, *, folder: str) -> Result:
    return _write_and_wait(job, folder)


@job_kind("test-piecemeal", label="Par morceaux", atomic=False)
def piecemeal(job: Running, *, folder: str) -> Result:
    return _write_and_wait(job, folder)


@job_kind("test-suicide", label="Tombe", restart=True)
def suicide(job: Running) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _write_and_wait(job: Running, folder: str) -> Result:
    """Write a company, say so, then wait for the file "go" in a folder; one line of "runs" for each beginning."""
    job.total(10)
    Company.objects.create(name=f"Écrite par le travail {job.pk}")
    job.advance(4)
    job.say("quatre de faites")
    with Path(folder, "runs").open("a") as runs:
        runs.write(f"{os.getpid()}\n")
    while not Path(folder, "go").exists():
        time.sleep(0.05)
        job.check()
    job.advance(6)
    return Result(message="fini")
