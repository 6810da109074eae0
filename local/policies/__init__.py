"""Trying a returns policy on past returns: reading them, drawing what would have been different."""
