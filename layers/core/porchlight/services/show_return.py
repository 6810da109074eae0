"""A return as the API answers it. Nothing personal: ids, codes, times and amounts. With ``gift`` no amount at all: who
got a present is not told what it cost.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from porchlight.domain.returns import Return, ReturnState
from porchlight.domain.rma.names import MONEY_BACK, SettlementState
from porchlight.services.assess_return import Assessed, Offer

PROBLEMS = "https://porchlight.dev/problems/"


def problem_of(request: Return) -> str | None:
    """The problem type of a return that was refused: stable, one for each reason."""
    if request.state is not ReturnState.REFUSED or not request.decisions:
        return None
    return f"{PROBLEMS}return-{refusal_of(request).replace('_', '-')}"


def refusal_of(request: Return) -> str:
    """The code of the last decision against it."""
    return next((one.rule for one in reversed(request.decisions) if one.outcome == "refuse"), "")


def show(request: Return, *, gift: bool = False) -> dict[str, Any]:
    """Where it is, why, what comes back and what of that is done. Execution names are our own business."""
    record = request.model_dump(mode="json", exclude_none=True)
    shown: dict[str, Any] = {
        "return_id": request.return_id,
        "order_id": request.order_id,
        "order_ids": list(request.order_ids),
        "kind": request.kind.value,
        "state": request.state.value,
        "problem": problem_of(request),
        "resolution": request.resolution.value,
        "method": request.method.value,
        "source": request.source,
        "requested_at": record["requested_at"],
        "closed_at": record.get("closed_at"),
        "lines": record["lines"],
        "refused_lines": request.refused_lines,
        "label": _label(record.get("label")),
        "scanned_at": record.get("scanned_at"),
        "delivered_at": record.get("delivered_at"),
        "replacement_order_id": request.replacement_order_id or None,
        "replacement_shipment_id": request.replacement_shipment_id or None,
    }
    if gift:
        shown["lines"] = [{name: line[name] for name in ("line_id", "quantity", "reason")} for line in record["lines"]]
        return shown
    return shown | {
        "terms": record.get("terms"),
        "risk": record.get("risk"),
        "decisions": [_decision(one) for one in record["decisions"]],
        "review": record.get("review"),
        "parts": _parts(request, record),
        "refund_amount": record.get("refund_amount"),
        "refund": _refund(request),
        "settlements": record["settlements"],
        "receipts": record["receipts"],
        "inspections": record["inspections"],
        "repairs": record["repairs"],
        "difference_minor": request.difference_minor,
        "recipient_id": request.recipient_id or None,
        "failure": request.failure,
    }


def show_offers(found: Assessed, offers: Sequence[Offer], *, gift: bool = False) -> dict[str, Any]:
    """What can be had, line by line and together."""
    said = found.assessment
    return {
        "outcome": said.outcome.value,
        "rule": said.rule,
        "lines": [
            {
                "order_id": one.order_id,
                "line_id": one.line_id,
                "refused": one.refused or None,
                "closes_on": one.terms.closes_on.isoformat() if one.terms.closes_on else None,
            }
            for one in said.lines
        ],
        "offers": [_offer(one, gift=gift) for one in offers],
    }


def _offer(offer: Offer, *, gift: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "resolution": offer.resolution.value,
        "method": offer.method.value,
        "pays": offer.pays.value,
        "refund_on": offer.refund_on.value,
        "review": bool(offer.terms.review),
    }
    if gift:
        return shown
    parts = offer.parts_together
    return shown | {"amount": parts.total.model_dump(), "parts": {**parts.model_dump(), "total": parts.total.amount}}


def _parts(request: Return, record: Mapping[str, Any]) -> dict[str, Any] | None:
    if request.parts is None:
        return None
    return {**record["parts"], "total": request.parts.total.amount}


def _label(label: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Without the name of the document in our bucket."""
    return {name: value for name, value in label.items() if name != "document"} if label else None


def _decision(decision: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: value for name, value in decision["facts"].items() if name != "execution"}
    return {**decision, "facts": facts}


def _refund(request: Return) -> dict[str, Any] | None:
    """The first refund to the means that it was paid with; all that was asked for is in ``settlements``."""
    found = next((one for one in request.settlements if one.kind in MONEY_BACK), None)
    if found is None:
        return None
    done = found.state is SettlementState.DONE and found.done_at
    return {
        "key": found.key,
        "amount": found.amount.model_dump(),
        "requested_at": found.intended_at.isoformat(),
        "executed_at": found.done_at.isoformat() if done and found.done_at else None,
        "provider_reference": found.reference or None,
    }
