"""SEKO Logistics: the OmniParcel statuses."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("seko", "SEKO Logistics")
