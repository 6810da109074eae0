"""Pure rules of Porchlight: stdlib and pydantic only, no clock, no environment, no logger; ``now`` is passed in."""
