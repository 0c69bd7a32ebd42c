"""What importers of CSV tables share: columns, feeds of rows and of windows, files joined to one recording."""
