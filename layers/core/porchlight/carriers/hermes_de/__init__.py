"""Hermes Germany: answers of the Shipment Info API of the Hermes Shipping Interface. (Evri is another company.)"""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("hermes_de", "Hermes")
