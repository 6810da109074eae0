"""Purolator: the tracking service (SOAP, basic authentication)."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("purolator", "Purolator")
