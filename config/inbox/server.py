"""`python -m config.inbox.server <port> <folder>`: an SMTP server on 127.0.0.1 that delivers to a folder only."""

import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from config.inbox.answers import answer
from config.inbox.store import keep

logger = logging.getLogger("inbox")
MAX_BYTES = 30_000_000


class Keeper:
    """Accepts everything, sends nothing on; some addresses answer as real ones do (config.inbox.answers)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        content = envelope.original_content or b""
        name = keep(self.folder, content, [str(recipient) for recipient in envelope.rcpt_tos])
        logger.info("%s for %s", name, ", ".join(str(recipient) for recipient in envelope.rcpt_tos))
        for recipient in envelope.rcpt_tos:
            answer(self.folder.parent / "returns", content, str(recipient), str(envelope.mail_from))
        return f"250 kept as {name}"


def serve(port: int, handler: Any) -> Controller:
    """Start it in a thread. Raises OSError when the port is taken."""
    controller = Controller(handler, hostname="127.0.0.1", port=port, data_size_limit=MAX_BYTES, ident="MyB2O demo")
    controller.start()
    return controller


def main(port: int, folder: Path) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's dialogue, addresses and all
    os.umask(0o077)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    controller = serve(port, Keeper(folder))
    logger.info("listening on 127.0.0.1:%d", port)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
