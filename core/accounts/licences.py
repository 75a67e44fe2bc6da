"""The modules that the active client's contract leaves out. The contract is the vendor's: the client object says it."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from core.accounts.access import MODULES
from core.place import active_tenant


class NotLicensed(PermissionDenied):
    """The contract does not hold a module. Its text, for people, says how to get it: the 403 page shows it."""

    def __init__(self, module: str) -> None:
        super().__init__(
            _(
                "Le module « %(module)s » n’est pas compris dans le contrat de votre entreprise. "
                "Un administrateur peut demander un avenant à B2O : %(email)s."
            )
            % {"module": MODULES.get(module, module), "email": settings.SALES_EMAIL}
        )


def unlicensed() -> frozenset[str]:
    """Empty where no client is active, or only its schema is named (the vendor's own tasks)."""
    return getattr(active_tenant(), "unlicensed", frozenset())


def refuse_unlicensed(module: str) -> None:
    """Raises NotLicensed. Called before rights are looked at, so that the reason given is the true one."""
    if module in unlicensed():
        raise NotLicensed(module)
