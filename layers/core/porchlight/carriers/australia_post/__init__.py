"""Australia Post: the tracking of the Shipping and Tracking API."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("australia_post", "Australia Post")
