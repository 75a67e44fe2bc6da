"""The same in the background. Celery may deliver a message twice: locks and states make the second one do nothing."""

from celery import shared_task

from core.importing import actions


@shared_task
def check(pk: int) -> None:
    actions.check(pk)


@shared_task
def commit(pk: int, actor: int) -> None:
    actions.commit(pk, actor)


@shared_task
def take_back(pk: int, actor: int) -> None:
    actions.take_back(pk, actor)
