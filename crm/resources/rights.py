"""The named rights of CRM, beyond reading and writing."""

from django.utils.translation import gettext_lazy as _

from core.registry import add_right

EXPORT = add_right("crm.export", _("Extraire des fiches de la relation client"))
VIEW_CREDIT = add_right("crm.view_credit", _("Voir et changer l’encours autorisé des sociétés"))
