"""DHL eCommerce Polska (DHL24): SOAP answers of its web API."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("dhl_poland", "DHL Poland")
