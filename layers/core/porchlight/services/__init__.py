"""Use cases. They depend on ports only; ``now`` is passed in."""
