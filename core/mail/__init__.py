"""Mail leaves through one outbox: queued with the caller's transaction, sent once by a worker. See README.md."""

from core.mail.queueing import BadMail, queue_mail

__all__ = ["BadMail", "queue_mail"]
