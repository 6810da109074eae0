"""What is still to come back: the advance notice for a warehouse that reads files."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.orders import Order
from porchlight.domain.returns import GIVEN_UP, Return
from porchlight.domain.rma.next_step import receive_until, scan_until
from porchlight.domain.rma.standing import came, comes_back, is_here
from porchlight.ports import Orders, Returns

_PAGE = 100


class Notice(BaseModel):
    """One line of a return that was approved and is not here yet. Nothing personal is in it."""

    model_config = ConfigDict(frozen=True)

    return_id: str
    order: str
    """The shop's own id."""
    line_id: str
    sku: str = ""
    quantity: int
    reason: str
    facility: str = ""
    method: str
    carrier: str = ""
    tracking_number: str = ""
    scanned_at: AwareDatetime | None = None
    due_by: AwareDatetime
    """Until then it is expected; until then something has to be seen of it, where nothing was."""


@dataclass(frozen=True)
class NoticeDesk:
    """Reads notices."""

    returns: Returns
    orders: Orders

    def notices(self, brand: str, since: datetime, until: datetime) -> Iterator[Notice]:
        """Of the returns that were asked for from ``since`` to before ``until``, the oldest first."""
        after = ""
        while True:
            found, after = self.returns.asked(brand, since, until, _PAGE, after)
            for request in found:
                if is_expected(request):
                    yield from self._of(request)
            if not after:
                return

    def _of(self, request: Return) -> Iterator[Notice]:
        orders = {one: self.orders.get(request.brand, one) for one in request.order_ids}
        for line in request.lines:
            order = orders[line.order_id or request.order_id]
            yield Notice(
                return_id=request.return_id,
                order=order.external_id if order else "",
                line_id=line.line_id,
                sku=_sku(order, line.line_id),
                quantity=line.quantity,
                reason=line.reason,
                facility=request.terms.facility if request.terms else "",
                method=request.method.value,
                carrier=request.label.carrier if request.label else "",
                tracking_number=request.label.tracking_number if request.label else "",
                scanned_at=request.scanned_at,
                due_by=receive_until(request) if came(request) else scan_until(request),
            )


def is_expected(request: Return) -> bool:
    """True for what was approved, comes back, and is not here."""
    return request.is_approved and request.state not in GIVEN_UP and comes_back(request) and not is_here(request)


def _sku(order: Order | None, line_id: str) -> str:
    return next((line.sku or "" for line in order.lines if line.line_id == line_id), "") if order else ""
