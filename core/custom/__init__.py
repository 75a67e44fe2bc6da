"""Custom fields: what a client adds to the records of a resource. See README.md beside this file."""
