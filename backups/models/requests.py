"""What clients ask of ops: to be put back as they were. In public: the restore replaces everything of the client."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backups.models.catalogue import Backup
from core.personal_data import NotPersonal, no_personal_data


class RequestState(models.TextChoices):
    """asked → running → done or failed; refused by the vendor, withdrawn by the client."""

    ASKED = "asked", _("Demandée")
    RUNNING = "running", _("En cours")
    DONE = "done", _("Faite")
    FAILED = "failed", _("Échouée")
    REFUSED = "refused", _("Refusée")
    WITHDRAWN = "withdrawn", _("Retirée")


OPEN = (RequestState.ASKED, RequestState.RUNNING)


@no_personal_data("une demande de restauration : un client, une sauvegarde, des dates")
class RestoreRequest(models.Model):
    """A client wants to be put back as it was. It lives in public: the restore replaces everything of the client."""

    backup = models.ForeignKey(Backup, models.DO_NOTHING, verbose_name=_("sauvegarde"))
    client_id = models.BigIntegerField(_("identifiant du client"))
    client_code = models.CharField(_("client"), max_length=40)
    asked_by = models.BigIntegerField(_("demandée par"), help_text=_("numéro du compte dans l’instance"))
    state = models.CharField(_("état"), max_length=9, choices=RequestState, default=RequestState.ASKED)
    message = models.TextField(_("résultat"), blank=True)
    asked_at = models.DateTimeField(_("demandée le"), auto_now_add=True)
    ended_at = models.DateTimeField(_("terminée le"), null=True)

    class Meta:
        verbose_name = _("demande de restauration")
        verbose_name_plural = _("demandes de restauration")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RequestState.values), name="restore_request_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, ended_at=None) | (~Q(state__in=OPEN) & Q(ended_at__isnull=False)),
                name="restore_request_ends_once",
            ),
            models.UniqueConstraint(
                fields=["client_id"], condition=Q(state__in=OPEN), name="restore_request_one_at_a_time"
            ),
        ]

    class Privacy:
        message = NotPersonal("ce que la restauration a fait, sans valeur de ligne")

    def __str__(self) -> str:
        return f"{self.client_code} : {self.backup}"
