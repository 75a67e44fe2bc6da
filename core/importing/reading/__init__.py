"""The file, whatever it is: kind, encoding, separator, sheet and header are found in its content, never by its name.

base       a source of lines, what they are made of, and how the file is laid out
encodings  which encoding, and which lines are in another
delimited  CSV and its kin
workbook   XLSX and ODS
cards      address books (vCard)
google     the habits of Google's contacts in a table
weighing   what a workbook would take of memory, before it is opened
headers    which line has the titles
opening    the one way in: `open_source`
"""

from core.importing.reading.base import REASON, FileError, Layout, Line, Source, Typed, is_reason
from core.importing.reading.opening import open_source

__all__ = ["REASON", "FileError", "Layout", "Line", "Source", "Typed", "is_reason", "open_source"]
