"""The warehouse's routes: under ``/v1/returns/{id}``, and ``/v1/goods`` for many at once and what is of no return."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from porchlight.connectors import InboundRequest
from porchlight.domain.rma.goods import Unmatched
from porchlight.errors import InvalidInputError, NotFoundError, PayloadTooLargeError, PorchlightError
from porchlight.ports import Secrets
from porchlight.services.api_keys import authorize
from porchlight.services.read_json import MOST_FAULTS, read_body, read_json
from porchlight.services.receive_webhook import MAX_BODY
from porchlight.services.show_return import show
from porchlight.services.warehouse import WarehouseDesk
from porchlight.services.warehouse_bodies import BookingBody, GoodsBody, InspectionBody, ReceiptBody, RepairBody

MOST_LISTED = 100


@dataclass(frozen=True)
class WarehouseApi:
    """One method for each route; all want the scope ``returns:receive``. The same call again changes nothing."""

    desk: WarehouseDesk
    secrets: Secrets

    def receive(self, request: InboundRequest, return_id: str, now: datetime) -> dict[str, Any]:
        """A parcel was booked; the return as it is then."""
        key = authorize(request, "returns:receive", self.secrets)
        body = read_body(ReceiptBody, request.body)
        return show(self.desk.receive(key.brand, return_id, body.receipt(key.brand, key.id, now), now))

    def inspect(self, request: InboundRequest, return_id: str, now: datetime) -> dict[str, Any]:
        """Something was inspected."""
        key = authorize(request, "returns:receive", self.secrets)
        body = read_body(InspectionBody, request.body)
        found = body.inspection(key.brand, key.id, now)
        return show(self.desk.inspect(key.brand, return_id, found, now, body.currency))

    def repair(self, request: InboundRequest, return_id: str, now: datetime) -> dict[str, Any]:
        """A repair goes on."""
        key = authorize(request, "returns:receive", self.secrets)
        return show(self.desk.repair(key.brand, return_id, read_body(RepairBody, request.body), key.id, now))

    def book(self, request: InboundRequest, now: datetime) -> dict[str, Any]:
        """Many bookings; each is taken or refused by itself."""
        key = authorize(request, "returns:receive", self.secrets)
        if len(request.body) > MAX_BODY:
            raise PayloadTooLargeError(f"at most {MAX_BODY} bytes are taken")
        done = {"booked": 0, "known": 0, "unmatched": 0}
        errors: list[dict[str, Any]] = []
        for index, raw in enumerate(read_json(GoodsBody, request.body).bookings):
            try:
                done[self._one(key.brand, _booking(raw), key.id, now)] += 1
            except PorchlightError as error:
                if error.retryable:
                    raise
                errors.append({"index": index, "problem": error.problem, "detail": error.detail})
        return {**done, "errors": errors}

    def unmatched(self, request: InboundRequest) -> dict[str, Any]:
        """Goods that belong to no return, the oldest first. Booked under one with the same receipt id, they are off the
        list.
        """
        key = authorize(request, "returns:receive", self.secrets)
        return {"goods": [shown(one) for one in self.desk.unmatched_goods.list(key.brand, MOST_LISTED)]}

    def _one(self, brand: str, booking: BookingBody, by: str, now: datetime) -> str:
        """``booked``, ``known`` or ``unmatched``."""
        receive, inspect = booking.receive, booking.inspect
        return_id = booking.return_id
        before = self.desk.returns.get(brand, return_id) if return_id else None
        if before is None and receive:
            return_id = self.desk.find(brand, receive.carrier, receive.tracking_number)
            before = self.desk.returns.get(brand, return_id) if return_id else None
        if before is None:
            if receive is None:
                raise NotFoundError("no such return")
            receipt = receive.receipt(brand, by, now)
            self.desk.stray(brand, receipt, now, return_id=booking.return_id, carrier=receive.carrier)
            return "unmatched"
        after = before
        if receive:
            after = self.desk.receive(brand, return_id, receive.receipt(brand, by, now), now)
        if inspect:
            after = self.desk.inspect(brand, return_id, inspect.inspection(brand, by, now), now, inspect.currency)
        return "booked" if after.version > before.version else "known"


def shown(goods: Unmatched) -> dict[str, Any]:
    """Goods without a return, for people."""
    receipt = goods.receipt.model_dump(mode="json", exclude_none=True, exclude={"digest"})
    known = goods.model_dump(mode="json", include={"return_id", "carrier", "noted_at"})
    return {**receipt, **known}


def _booking(raw: dict[str, Any]) -> BookingBody:
    try:
        return BookingBody.model_validate(raw)
    except ValidationError as error:
        raise InvalidInputError("; ".join(_faults(error))) from None


def _faults(error: ValidationError) -> list[str]:
    """Fields by name, never values."""
    found = [f"{'.'.join(map(str, one['loc'])) or 'entry'}: {_word(one)}" for one in error.errors(include_input=False)]
    return found[:MOST_FAULTS]


def _word(fault: Any) -> str:
    said: str = fault["msg"] if fault["type"] == "value_error" else fault["type"]
    return said.removeprefix("Value error, ")
