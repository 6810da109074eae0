"""DHL eCommerce Americas: webhooks and tracking API v4, and the XML of the retired Global Mail interface."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("dhl_ecommerce_us", "DHL eCommerce Americas")
