"""What papers and their followers printed: numbers and curves in data files, each with its source."""
