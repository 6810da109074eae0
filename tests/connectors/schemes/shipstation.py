"""ShipStation v1 signs nothing."""

from tests.connectors.scheme import by_token

SCHEMES = (by_token("shipstation"),)
