"""How the product is run: its logs, its health, its figures, how it stops. See README.md at the root and deploy/."""
