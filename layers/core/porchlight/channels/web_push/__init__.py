"""Push to browsers."""
