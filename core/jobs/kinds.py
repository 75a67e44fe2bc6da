"""The kinds of jobs, declared beside the function that does the work.

A kind is declared in a module that its application's tasks.py imports: workers and web processes both find it there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from core.jobs.running import Result

    Work = Callable[..., Result | None]

F = TypeVar("F", bound="Callable[..., Result | None]")


@dataclass(frozen=True)
class Kind:
    """`restart`: safe to run again from its beginning. `atomic`: in one transaction, with its end: all or nothing."""

    name: str
    label: StrOrPromise
    restart: bool
    atomic: bool
    work: Work


_kinds: dict[str, Kind] = {}


def job_kind(name: str, *, label: StrOrPromise, restart: bool = False, atomic: bool = True) -> Callable[[F], F]:
    """Declare `work(job: Running, **args) -> Result | None` as a kind of job.

    `restart`: after its worker died it runs again, three times at most; otherwise the job ends as interrupted.
    `atomic=False`: the work commits for itself, piece by piece; what was committed stays when it fails.
    """

    def declare(work: F) -> F:
        if name in _kinds and _kinds[name].work.__qualname__ != work.__qualname__:
            raise ImproperlyConfigured(f"the job {name} is declared twice")
        _kinds[name] = Kind(name, label, restart, atomic, work)
        return work

    return declare


def kind_of(name: str) -> Kind:
    """Raises KeyError."""
    if name not in _kinds:
        autodiscover_modules("tasks")
    return _kinds[name]


def known(name: str) -> bool:
    try:
        kind_of(name)
    except KeyError:
        return False
    return True


def kind_label(name: str) -> str:
    """For people; the bare name for a kind of a version that is gone."""
    return str(kind_of(name).label) if known(name) else name
