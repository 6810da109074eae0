"""What refund providers are made with, and the calls that several of them make."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from porchlight.asking import Caller
from porchlight.connectors import Answer as HttpAnswer
from porchlight.connectors import Call
from porchlight.domain.brands import BrandConfig
from porchlight.domain.orders import Order
from porchlight.domain.rma.names import SettlementKind
from porchlight.errors import NO_ANSWER, THROTTLED, NotFoundError, PermanentProviderError, TransientError
from porchlight.ports import Orders, Secrets

_TRY_LATER = frozenset({408, 409, 425})
_NOT_LET_IN = frozenset({401, 403})

Refused = Callable[[HttpAnswer, Any], str]
"""Status and body of an answer → the code under which it is refused for good, "" where it may be tried again."""


class RefusalError(PermanentProviderError):
    """A refusal in the provider's own word (``charge_already_refunded``), which is kept with the settlement."""

    def __init__(self, name: str, status: int, word: str) -> None:
        super().__init__(f"{name} answered {status}")
        self.problem = word


@dataclass(frozen=True)
class RefundKit:
    """``default_url``: of the signed webhook, for brands that name none."""

    secrets: Secrets
    orders: Orders
    caller: Callable[[], Caller]
    default_url: str = ""


class ApiProvider:
    """What providers with an API of their own have in common."""

    name = ""
    alone: frozenset[SettlementKind] = frozenset()
    looks = True

    def __init__(self, kit: RefundKit) -> None:
        self._kit = kit

    def _order(self, brand: BrandConfig, order_id: str) -> Order:
        order = self._kit.orders.get(brand.brand_id, order_id)
        if order is None:
            raise PermanentProviderError("no such order", code="order-unknown")
        return order

    def _credentials(self, brand: BrandConfig, *names: str) -> Mapping[str, str]:
        """What the secret has; to be put right by an operator where it has not, within the hours of asking again."""
        try:
            found = self._kit.secrets.get(f"refunds/{brand.brand_id}")
        except NotFoundError:
            found = {}
        if not all(isinstance(found.get(name), str) and found[name] for name in names):
            raise TransientError(f"the secret for refunds by {self.name} is missing or not usable")
        return {name: str(value) for name, value in found.items() if isinstance(value, str)}

    def _ask(self, call: Call, refused: Refused) -> Any:
        """The JSON of a good answer. What the other side says is never repeated but for its codes."""
        answer = self._kit.caller().make(call)
        try:
            found = json.loads(answer.body) if answer.body else {}
        except ValueError:
            found = None
        if 200 <= answer.status < 300 and found is not None:
            return found
        if answer.status == 429:
            raise TransientError(f"{self.name} takes no more for now", code=THROTTLED)
        if answer.status in _NOT_LET_IN:
            raise TransientError(f"{self.name} does not let us in")
        code = refused(answer, found)
        if code:
            raise RefusalError(self.name, answer.status, code)
        raise TransientError(f"{self.name} answered {answer.status}", code=NO_ANSWER)


def by_status(answer: HttpAnswer, _: Any) -> str:
    """Client errors are for good, but for those that say otherwise."""
    return "provider-refused" if 300 <= answer.status < 500 and answer.status not in _TRY_LATER else ""
