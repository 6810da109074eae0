"""bpost: tracking information of the Shipping Manager (XML)."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("bpost", "bpost")
