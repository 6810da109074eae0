"""Spring GDS: the XBS API's TrackShipment."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("spring", "Spring GDS")
