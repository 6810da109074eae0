"""Canada Post: the tracking service of the developer programme (XML, basic authentication)."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("canada_post", "Canada Post")
