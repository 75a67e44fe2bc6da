"""Mails about a person's own account that carry a link which sets a password.

Like allauth's own (adapter.send_mail) they do not go through the outbox: such a link is kept nowhere, and must arrive
at once. All other mails about accounts do (core.mail.queueing).
"""

import logging
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from core.accounts.models import User
from core.mail.queueing import CLIENT_HEADER, sender_of_client
from core.place import active_schema, active_tenant

logger = logging.getLogger(__name__)


def send_link(person: User, template: str, *, to: str = "", **context: Any) -> bool:
    """Send « account/email/<template>_{subject,message}.txt » to a person of the active client.

    `to`: another address than theirs. False: not sent.
    """
    tenant = active_tenant()
    name = getattr(tenant, "name", "") or "MyB2O"
    shown = {"person": person, "client_name": name, "dpo_email": settings.DPO_EMAIL, **context}
    subject = " ".join(render_to_string(f"account/email/{template}_subject.txt", shown).split())
    sender, reply_to = sender_of_client()
    message = EmailMessage(
        f"[{name}] {subject}",
        render_to_string(f"account/email/{template}_message.txt", shown).strip() + "\n",
        sender,
        [to or person.email],
        reply_to=[reply_to] if reply_to else None,
        headers={CLIENT_HEADER: active_schema()},
    )
    try:
        message.send()
    except OSError:  # smtplib's errors are some of these
        logger.exception("account mail not sent")
        return False
    return True
