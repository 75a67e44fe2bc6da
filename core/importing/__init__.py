"""Files into rows: read, checked line by line, written in one transaction, undone as a whole.

reading   the file: encoding, separator, header, lines
importer  what a module declares: the formats it knows, how a line becomes values and finds its row
engine    one pass over a file, written or not
report    what the pass found, for the page and for the file of refused lines
writing   the bulk statements
undo      taking an import back, from the history
actions   what people and the command do with a batch
tasks     the same, in the background
"""
