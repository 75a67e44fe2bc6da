"""The demo's own mail: a server on this machine that keeps what it gets, and pages to read it. Never in production."""
