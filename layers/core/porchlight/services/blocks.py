"""What stands below the news of an email: the brand's blocks; related goods are asked for where it has an API."""

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from porchlight.asking import Caller
from porchlight.connectors import Call
from porchlight.domain.blocks import Product, Related, block_views, products
from porchlight.domain.brands import BrandConfig
from porchlight.domain.facts import View
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Order
from porchlight.errors import PorchlightError
from porchlight.ports import Metrics
from porchlight.reaching import Catalogues

KEPT_SECONDS = 600.0
"""How long an answer counts, also one that said nothing: an API that is down is asked once in ten minutes."""
_MOST_KEPT = 500
_MOST_SKUS = 20


class BlockDesk:
    """Makes blocks. One for the life of a process: what an API answered is kept. A message never waits for a block
    longer than the caller's one second, and goes out without it where nobody answers.
    """

    def __init__(
        self, catalogues: Catalogues, caller: Caller, metrics: Metrics, monotonic: Callable[[], float]
    ) -> None:
        self._catalogues, self._caller, self.metrics, self._monotonic = catalogues, caller, metrics, monotonic
        self._kept: dict[str, tuple[float, tuple[Product, ...]]] = {}

    def place(self, brand: BrandConfig, moment: Moment) -> str:
        """Where the button of a message leads that is not about the order; "" where nobody says."""
        return self._catalogues.blocks(brand.brand_id).place(moment)

    def views(self, brand: BrandConfig, names: Sequence[str], order: Order, rating: str) -> list[View]:
        """The blocks ``names``, those that have something to say. ``rating``: the address that a score is added to."""
        if not names:
            return []
        blocks = self._catalogues.blocks(brand.brand_id)
        goods = self._goods(brand, blocks.related, order) if blocks.related and "related" in names else ()
        return block_views(names, blocks, goods, brand.name, rating)

    def _goods(self, brand: BrandConfig, related: Related, order: Order) -> Sequence[Product]:
        if related.api is None:
            return related.items[: related.at_most]
        skus = sorted({line.sku for line in order.lines if line.sku})[:_MOST_SKUS]
        url = f"{related.api}{'&' if related.api.query else '?'}{urlencode({'skus': ','.join(skus)})}"
        now = self._monotonic()
        at, found = self._kept.get(url, (now - KEPT_SECONDS, ()))
        if now - at >= KEPT_SECONDS:
            found = self._asked(brand, url)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[url] = (now, found)
        return found[: related.at_most]

    def _asked(self, brand: BrandConfig, url: str) -> tuple[Product, ...]:
        try:
            answer = self._caller.make(Call(url=url, headers={"accept": "application/json"}))
        except PorchlightError:
            answer = None
        found = products(answer.body) if answer and answer.status == 200 else ()
        if not found:
            self.metrics.count("BlocksLeftOut", brand=brand.brand_id)
        return found
