"""Modules that follow their mails: asked just before one leaves, told what came of it.

A mail belongs to whoever is registered for the first word of its key: "mailing:12" to "mailing".
"""

from dataclasses import dataclass

from core.models import MailState, OutgoingMail


@dataclass(frozen=True)
class Report:
    """What came back. `kind`: "bounce" or "complaint"; `code`: as in RFC 3463 ("5.1.1"); `hard`: for good."""

    kind: str
    code: str = ""
    text: str = ""
    hard: bool = True


class Follower:
    """What a module may do; by default nothing. `ended` and `came_back` run in the transaction of the mail's row."""

    def objection(self, mail: OutgoingMail) -> str:
        """Why this mail is not to be sent after all; "" sends it."""
        return ""

    def ended(self, mail: OutgoingMail, state: MailState) -> None:
        """The mail is sent, refused, abandoned, excluded, or maybe sent."""

    def came_back(self, mail: OutgoingMail, report: Report) -> None:
        """A mail server, or the person, sent something back."""

    def refill(self) -> None:
        """The outbox is empty: whoever feeds it by portions may go on."""


_followers: dict[str, Follower] = {}
_NOBODY = Follower()


def follow(word: str, follower: Follower) -> None:
    _followers[word] = follower


def follower_of(mail: OutgoingMail) -> Follower:
    return _followers.get(mail.key.partition(":")[0], _NOBODY)


def refill() -> None:
    for follower in _followers.values():
        follower.refill()
