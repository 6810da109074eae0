"""What history says about one parcel or order now."""

from datetime import date, timedelta
from typing import NamedTuple

from porchlight.domain.forecast.lives import Forecast


class Outlook(NamedTuple):
    """Asked of the model when it is needed, and passed to the rules of ``domain.lateness``: they know no model."""

    forecast: Forecast | None = None
    """The days of arrival, given all that is known and heard."""
    late: float | None = None
    """The probability that the promise is missed; None where there is no promise, or too little history."""
    crossing: date | None = None
    """The first local day on which, in silence, that probability passes the brand's threshold; None for never."""
    silence: timedelta | None = None
    """How long 95 of 100 parcels of the lane go without a scan at most; None where too little is known."""


NOTHING_KNOWN = Outlook()
