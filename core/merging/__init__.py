"""Records that may be one and the same: found, shown side by side, merged, and taken apart again. See README.md."""
