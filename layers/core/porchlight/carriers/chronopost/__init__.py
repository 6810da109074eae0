"""Chronopost: the tracking service (SOAP)."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("chronopost", "Chronopost")
