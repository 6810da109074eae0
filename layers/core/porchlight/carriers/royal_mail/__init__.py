"""Royal Mail: the Tracking API V2."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("royal_mail", "Royal Mail")
