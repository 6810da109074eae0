"""GLS: Track And Trace V1, and the shapes of its elder APIs."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("gls", "GLS")
