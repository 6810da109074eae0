"""GEODIS: the client area's search for a consignment."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("geodis", "GEODIS")
