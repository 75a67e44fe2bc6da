"""Countries of third parties, as people choose them: the Union first. Any other has its two letters (ISO 3166-1)."""

from django.utils.translation import gettext_lazy as _

UNION = (
    ("FR", _("France")), ("DE", _("Allemagne")), ("AT", _("Autriche")), ("BE", _("Belgique")), ("BG", _("Bulgarie")),
    ("CY", _("Chypre")), ("HR", _("Croatie")), ("DK", _("Danemark")), ("ES", _("Espagne")), ("EE", _("Estonie")),
    ("FI", _("Finlande")), ("GR", _("Grèce")), ("HU", _("Hongrie")), ("IE", _("Irlande")), ("IT", _("Italie")),
    ("LV", _("Lettonie")), ("LT", _("Lituanie")), ("LU", _("Luxembourg")), ("MT", _("Malte")), ("NL", _("Pays-Bas")),
    ("PL", _("Pologne")), ("PT", _("Portugal")), ("RO", _("Roumanie")), ("SK", _("Slovaquie")), ("SI", _("Slovénie")),
    ("SE", _("Suède")), ("CZ", _("Tchéquie")),
)  # fmt: skip
ELSEWHERE = (
    ("ZA", _("Afrique du Sud")), ("DZ", _("Algérie")), ("AD", _("Andorre")), ("SA", _("Arabie saoudite")),
    ("AR", _("Argentine")), ("AU", _("Australie")), ("BR", _("Brésil")), ("CA", _("Canada")), ("CN", _("Chine")),
    ("KR", _("Corée du Sud")), ("CI", _("Côte d’Ivoire")), ("AE", _("Émirats arabes unis")), ("US", _("États-Unis")),
    ("HK", _("Hong Kong")), ("IN", _("Inde")), ("IS", _("Islande")), ("IL", _("Israël")), ("JP", _("Japon")),
    ("LI", _("Liechtenstein")), ("MG", _("Madagascar")), ("MA", _("Maroc")), ("MU", _("Maurice")), ("MX", _("Mexique")),
    ("MC", _("Monaco")), ("NO", _("Norvège")), ("NZ", _("Nouvelle-Zélande")), ("PH", _("Philippines")),
    ("GB", _("Royaume-Uni")), ("SN", _("Sénégal")), ("RS", _("Serbie")), ("SG", _("Singapour")), ("CH", _("Suisse")),
    ("TW", _("Taïwan")), ("TN", _("Tunisie")), ("TR", _("Turquie")), ("UA", _("Ukraine")), ("VN", _("Viêt Nam")),
)  # fmt: skip
CHOICES = (("", "—"), (_("Union européenne"), UNION), (_("Hors de l’Union"), ELSEWHERE))
NAMES = dict([*UNION, *ELSEWHERE])
