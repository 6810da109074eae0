"""OnTrac: the web services (XML) and LaserShip's tracking (JSON)."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("ontrac", "OnTrac")
