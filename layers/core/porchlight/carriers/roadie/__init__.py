"""Roadie: shipments of the same-day courier."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("roadie", "Roadie")
