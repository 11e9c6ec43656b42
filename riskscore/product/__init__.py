"""What we score: product files, their reader, and the one encoder of rows."""
