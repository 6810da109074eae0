"""Canpar Express: the tracking of its add-ons service (SOAP)."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("canpar", "Canpar Express")
