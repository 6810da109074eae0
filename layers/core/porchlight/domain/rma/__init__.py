"""Returns (RMAs) in parts: their names, the terms they are under, the goods that come back, the money that moves."""
