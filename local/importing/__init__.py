"""Orders from a CSV file, through the order API: read row by row, sent a few at a time, resumable."""
