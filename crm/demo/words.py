"""Names, places and trades from which the demo's companies and people are put together."""

FIRST_NAMES = [
    "Camille", "Hugo", "Inès", "Thomas", "Léa", "Antoine", "Claire", "Yanis", "Jeanne", "Mathis", "Élodie", "Karim",
    "Sophie", "Nolwenn", "Gaël", "Maëlle", "Pierre", "Anaïs", "Jean-Baptiste", "Fatima", "Loïc", "Margaux",
    "Étienne", "Zoé", "François", "Noémie", "Olivier", "Aïcha", "Benoît", "Chloé", "Rémi", "Agnès", "Théo", "Hélène",
    "Guillaume", "Soazig", "Cédric", "Manon", "Bastien", "Émilie",
]  # fmt: skip

LAST_NAMES = [
    "Le Goff", "Morvan", "Kervella", "Lambert", "Benali", "Girard", "Fournier", "Mercier", "Dumas", "Haddad",
    "Roussel", "Barbier", "Chauvin", "Besson", "Le Bihan", "Courtois", "Descamps", "Garnier", "Blanchard",
    "Carpentier", "Prigent", "Quéméner", "Riou", "Salaün", "Tanguy", "Abgrall", "Bourdon", "Cosquer", "Delaunay",
    "Évrard", "Faure", "Guéguen", "Hamon", "Ibrahim", "Jaouen", "L’Hostis", "Marchand", "Nédélec", "Ollivier",
    "Péron",
]  # fmt: skip

# (town, postcode)
TOWNS = [
    ("Brest", "29200"), ("Quimper", "29000"), ("Morlaix", "29600"), ("Lorient", "56100"), ("Vannes", "56000"),
    ("Rennes", "35000"), ("Saint-Malo", "35400"), ("Saint-Brieuc", "22000"), ("Lannion", "22300"), ("Nantes", "44000"),
    ("Angers", "49000"), ("Laval", "53000"), ("Le Mans", "72000"), ("Caen", "14000"), ("Rouen", "76000"),
    ("Paris", "75011"), ("Lyon", "69003"), ("Bordeaux", "33000"), ("Lille", "59000"), ("Strasbourg", "67000"),
    ("Évry-Courcouronnes", "91000"), ("Orléans", "45000"), ("Tours", "37000"), ("Poitiers", "86000"),
]  # fmt: skip

STREETS = [
    "rue de Siam", "avenue de la Gare", "rue du Port", "boulevard Gambetta", "rue des Tilleuls", "place de l’Église",
    "rue Jean-Jaurès", "impasse des Artisans", "zone artisanale de Kergaradec", "quai Éric-Tabarly", "rue de l’Europe",
    "chemin du Moulin", "rue Anatole-France", "allée des Chênes",
]  # fmt: skip

# A joinery's world: (pattern of the name, NAF, weight)
JOINERY = [
    ("Menuiserie {n}", "43.32A", 9), ("Charpentes {n}", "43.91A", 6), ("{n} Construction", "41.20A", 8),
    ("Ateliers {n}", "16.23Z", 5), ("Maisons {n}", "41.20A", 6), ("{n} Immobilier", "68.31Z", 3),
    ("Hôtel {n}", "55.10Z", 3), ("Boulangerie {n}", "10.71C", 3), ("Cabinet d’architecture {n}", "71.11Z", 6),
    ("Isolation {n}", "43.29A", 4), ("SCI {n}", "68.20B", 4), ("Agencement {n} & Fils", "43.32C", 5),
]  # fmt: skip

# A property developer's world.
DEVELOPMENT = [
    ("{n} Promotion", "41.10A", 7), ("Notaires {n} et associés", "69.10Z", 5), ("Bureau d’études {n}", "71.12B", 8),
    ("Terrassement {n}", "43.12A", 6), ("Gros œuvre {n}", "41.20B", 8), ("Foncière {n}", "68.20B", 6),
    ("Architectes {n}", "71.11Z", 7), ("Banque {n}", "64.19Z", 2), ("Géomètres {n}", "71.12A", 4),
    ("Électricité {n}", "43.21A", 5), ("Plomberie {n}", "43.22A", 5), ("Ascenseurs {n}", "43.29B", 2),
]  # fmt: skip

PUBLIC = ["Mairie de {t}", "Office HLM de {t}", "Centre hospitalier de {t}", "Lycée Dupuy-de-Lôme de {t}"]

JOBS = ["Gérant", "Gérante", "Conducteur de travaux", "Responsable des achats", "Architecte", "Comptable",
        "Directrice technique", "Assistante de direction", "Chargé d’affaires", "Chef de chantier"]  # fmt: skip
LIMITS = [2_000, 5_000, 10_000, 15_000, 25_000, 60_000]  # euros
SOURCES = ["Recommandation", "Salon de l’habitat", "Site web", "Appel entrant", "Ancien client", "Prospection"]
