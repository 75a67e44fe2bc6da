"""Reading a client into a container and back. Nothing here knows the catalogue."""
