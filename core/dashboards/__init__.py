"""Dashboards: tiles that modules declare, each with the list behind its figures. See README.md here."""
