"""The API: the resources as JSON, under the rights, filters and refusals of their pages. See README.md.

Nothing here imports Django REST framework before the first call: views.py and schema.py do, urls.py imports them late.
"""
