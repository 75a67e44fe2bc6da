"""The tiles of the relation with companies and people."""

from django.utils.translation import gettext_lazy as _

from core.dashboards.declaring import ME, Choices, Count, Dashboard, Months, Part, Rows, Tile, add_dashboard
from crm.figures import by_source, by_stage, conversion, deals_seen, won_by_month
from crm.resources import ActivityResource as Activities
from crm.resources import CompanyResource as Companies
from crm.resources import ContactResource as Contacts
from crm.resources import DealResource as Deals
from crm.resources import LeadResource as Leads

_UNKNOWN = _("Non précisé, un contact compte comme particulier : pas de prospection sans son accord.")
_CLOSED = _("Le registre SIRENE les dit fermées : à vérifier avant tout devis.")
_CUSTOMERS = {"relation": "customer"}
_MY_OPEN = {"state": "open", "owner": ME}
_ROTTING = _("À la même étape depuis plus longtemps que prévu.")
_MY_PROSPECTS = {"relation": "prospect", "owner": ME}

add_dashboard(
    Dashboard(
        "crm",
        _("Tableau de bord"),
        (
            Tile(
                "crm.late", _("Mes activités en retard"), Activities, Count(), {"late": "1", "owner": ME}, icon="clock"
            ),
            Tile("crm.my-deals", _("Mes affaires en cours"), Deals, Count(), _MY_OPEN),
            Tile(
                "crm.rotting", _("Mes affaires à relancer"), Deals, Count(), {"rotting": "1", "owner": ME},
                icon="hourglass", hint=_ROTTING,
            ),
            Tile("crm.leads", _("Demandes à traiter"), Leads, Count(), {"state": "new"}, icon="inbox"),
            Tile(
                "crm.stages", _("En cours, par étape"), None, Part("crm/_tile_amounts.html", by_stage, deals_seen),
                size="m", icon="square-kanban",
            ),
            Tile(
                "crm.won-amounts", _("Montant gagné par mois"), None,
                Part("crm/_tile_won.html", won_by_month, deals_seen), size="m", icon="euro",
            ),
            Tile(
                "crm.sources", _("Gagné sur douze mois, par origine"), None,
                Part("crm/_tile_amounts.html", by_source, deals_seen), size="m", icon="flag", home=False,
            ),
            Tile(
                "crm.conversion", _("Conversion sur douze mois"), None,
                Part("crm/_tile_amounts.html", conversion, deals_seen), size="m", icon="circle-check", home=False,
            ),
            Tile(
                "crm.activity-kinds", _("Activités faites"), Activities, Choices("kind", "bars"), {"state": "done"},
                size="m", home=False,
            ),
            Tile("crm.won", _("Affaires gagnées"), Deals, Months("closed"), {"state": "won"}, size="m"),
            Tile(
                "crm.lost", _("Affaires perdues"), Deals, Months("closed", "line"), {"state": "lost"}, size="m",
                home=False,
            ),
            Tile("crm.states", _("Issue des affaires"), Deals, Choices("state", "stack"), size="m", home=False),
            Tile(
                "crm.my-next-deals", _("Mes affaires, prochaines échéances"), Deals, Rows("expected_on"), _MY_OPEN,
                size="m",
            ),
            Tile(
                "crm.my-activities", _("Mes activités à faire"), Activities, Rows("due_at"),
                {"state": "planned", "owner": ME}, size="m",
            ),
            Tile("crm.companies", _("Sociétés"), Companies, Count("created")),
            Tile("crm.customers", _("Clients"), Companies, Count("created"), _CUSTOMERS, icon="handshake"),
            Tile("crm.contacts", _("Contacts"), Contacts, Count("created")),
            Tile("crm.my-prospects", _("Mes prospects"), Companies, Count("created"), _MY_PROSPECTS, icon="flag"),
            Tile("crm.new-companies", _("Nouvelles sociétés"), Companies, Months("created"), size="m"),
            Tile("crm.relations", _("Relations"), Companies, Choices("relation"), size="m"),
            Tile(
                "crm.unknown-recipients", _("Destinataires à préciser"), Contacts, Count(),
                {"recipient_kind": "unknown"}, icon="circle-help", hint=_UNKNOWN, home=False,
            ),
            Tile(
                "crm.closed", _("Fermées au registre"), Companies, Count(), {"registry_state": "F"},
                icon="triangle-alert", hint=_CLOSED, home=False,
            ),
            Tile(
                "crm.recipients", _("Types de destinataires"), Contacts, Choices("recipient_kind", "stack"), size="m",
                home=False,
            ),
            Tile(
                "crm.my-companies", _("Mes sociétés, dernières modifiées"), Companies, Rows("-updated_at"),
                {"owner": ME}, size="m",
            ),
            Tile(
                "crm.my-contacts", _("Mes contacts, derniers modifiés"), Contacts, Rows("-updated_at"), {"owner": ME},
                size="m", home=False,
            ),
            Tile("crm.new-contacts", _("Nouveaux contacts"), Contacts, Months("created", "line"), size="m", home=False),
            Tile("crm.kinds", _("Natures de sociétés"), Companies, Choices("kind", "bars"), size="m", home=False),
        ),
    )
)  # fmt: skip
