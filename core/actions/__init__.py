"""What happens to records of every kind: notes, tags, the bin."""
