from django.utils.translation import gettext_lazy as _

from core.registry import Menu, add_menu
from crm.resources import ActivityResource, CompanyResource, ContactResource, DealResource

MENU = add_menu(Menu(_("Relation client"), (CompanyResource, ContactResource, DealResource, ActivityResource)))
