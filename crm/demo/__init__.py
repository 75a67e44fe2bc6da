"""Data that make a demo look like a French company's real day. Deterministic: the same at every run."""
