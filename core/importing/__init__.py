"""Files into rows: read, mapped, checked line by line, written in one transaction, undone as a whole. See README.md."""
