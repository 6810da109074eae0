"""TNT: ExpressConnect Tracking (XML)."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("tnt", "TNT")
