"""DPD: ParcelLifeCycleService 2.0 (Benelux, SOAP) and the public parcel life cycle (JSON)."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("dpd", "DPD")
