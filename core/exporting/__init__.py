"""Data out: files and printed lists of what a list shows, each recorded (R02). See README.md."""
