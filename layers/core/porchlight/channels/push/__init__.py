"""Push to the brand's app."""
