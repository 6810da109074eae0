"""PostNL: the Shipping Status API v2, and its list of updated shipments."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("postnl", "PostNL")
