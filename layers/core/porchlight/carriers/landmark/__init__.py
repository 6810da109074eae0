"""Landmark Global: the Track API (XML)."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("landmark", "Landmark Global")
