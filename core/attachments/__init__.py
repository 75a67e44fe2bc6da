"""Files on records: what is accepted, kept, shown and thrown away."""
