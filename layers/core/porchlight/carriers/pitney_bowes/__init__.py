"""Pitney Bowes: the tracking of the Shipping APIs, asked or pushed; its own parcels and other carriers'."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("pitney_bowes", "Pitney Bowes")
