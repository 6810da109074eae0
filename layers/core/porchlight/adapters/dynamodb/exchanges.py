"""How brands stand with the sources that they ask: breakers, paces, and who is at work."""

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item, load
from porchlight.domain.exchange import Exchange


class DynamoExchanges:
    """``asking.Exchanges`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, brand: str, kind: str, source: str) -> Exchange:
        """One item."""
        found = self._table.get(keys.asking_pk(brand), keys.exchange_sk(kind, source))
        return load(Exchange, found) if found else Exchange(brand=brand, kind=kind, source=source)

    def save(self, exchange: Exchange) -> None:
        """Replace the version before."""
        sk = keys.exchange_sk(exchange.kind, exchange.source)
        self._table.replace(item(keys.asking_pk(exchange.brand), sk, "exchange", exchange), exchange.version)
