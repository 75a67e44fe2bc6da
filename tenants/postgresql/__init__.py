"""The database backend: django-tenants', sending SET search_path only when the server's value differs."""
