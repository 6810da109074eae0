"""Refund providers: who moves the money. One folder each, one line in the registry."""
