"""The database backend: django-tenants', with connections cleaned as they are borrowed, and prepared statements."""
