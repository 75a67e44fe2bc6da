"""The sentences of the source are French, and so is their plural: none is singular.

Of a message that no catalogue has, gettext takes the plural by the rule of English, whatever the language it is asked
in. What has a catalogue keeps the rule that is written there.
"""

from gettext import NullTranslations

from django.conf import settings
from django.utils.translation import trans_real


class _Source(NullTranslations):
    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return msgid2 if n >= 2 else msgid1


def speak_it() -> None:
    """Messages without a translation into the source's language are taken as they are written there."""
    trans_real.translation(settings.LANGUAGE_CODE).add_fallback(_Source())
