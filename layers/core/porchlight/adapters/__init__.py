"""The outside world behind the ports. Each adapter translates its provider's errors into ``porchlight.errors`` once."""
