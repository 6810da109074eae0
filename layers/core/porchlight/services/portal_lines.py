"""Which lines of an order may come back, for which reasons, until when; and why others may not. What can be had."""

from collections.abc import Sequence
from datetime import datetime

from porchlight.domain.brands import BrandConfig
from porchlight.domain.money import Money
from porchlight.domain.orders import Order
from porchlight.domain.policy.assess import Assessment, assess
from porchlight.domain.policy.facts import LineFacts
from porchlight.domain.policy.model import Reason
from porchlight.domain.portal_view import Choice, Line
from porchlight.domain.returns import Outcome, ReturnLine
from porchlight.domain.rma.names import Resolution, ReturnKind
from porchlight.errors import ConflictError
from porchlight.services.asked import Asked
from porchlight.services.assess_return import Assessor, Offer

_UNSAID = "unsaid"
"""A reason that no policy has."""


def lines_of(
    assessor: Assessor, brand: BrandConfig, order: Order, source: str, gift: bool, now: datetime
) -> list[Line]:
    """What is known is read once; then each line is put before the policy on its own, with each reason there is."""
    one_of_each = [ReturnLine(line_id=line.line_id, quantity=1, reason=_UNSAID) for line in order.lines[:100]]
    asked = Asked(order_id=order.order_id, lines=tuple(one_of_each), kind=ReturnKind.RETURN, source=source, gift=gift)
    found = assessor.assess(brand.brand_id, asked, now)
    profile = assessor.laws.of(brand.brand_id, order.destination.country)

    def judged(line: LineFacts, reason: Reason) -> Assessment:
        named = line.model_copy(update={"reason": reason.id})
        facts = found.facts.model_copy(update={"lines": (named,), "kind": reason.kind, "resolution": None})
        return assess(facts, brand.returns, profile)

    claims = any(reason.kind is ReturnKind.CLAIM for reason in brand.returns.reasons)
    arrived = _arrived(assessor, brand, asked, now) if claims else set()
    lines = []
    for line, facts in zip(order.lines, found.facts.lines, strict=False):
        offered = [one for one in brand.returns.reasons if not one.categories or line.category in one.categories]
        verdicts = [(reason, judged(facts, reason)) for reason in offered]
        allowed = [
            (reason, verdict)
            for reason, verdict in verdicts
            if verdict.outcome is not Outcome.REFUSE
            and (reason.kind is not ReturnKind.CLAIM or line.line_id in arrived)
        ]
        # What a plain return is told counts for the line, unless it may come back for such a reason.
        plain = [verdict for reason, verdict in verdicts if reason.kind is ReturnKind.RETURN] or [
            v for _, v in verdicts
        ]
        refused = next((one for one in plain if one.outcome is Outcome.REFUSE), None)
        usual = any(reason.kind is ReturnKind.RETURN for reason, _ in allowed)
        shown = next((verdict for reason, verdict in allowed if reason.kind is ReturnKind.RETURN), refused)
        first = shown or next((verdict for _, verdict in allowed), None) or refused
        lines.append(
            Line(
                line,
                max(0, facts.bought - facts.already_returning),
                first.terms if first else found.terms,
                [reason.id for reason, _ in allowed],
                refused.rule if refused and not usual else "",
            )
        )
    return lines


def choices(offers: Sequence[Offer]) -> list[Choice]:
    """By what can be had; each with the ways in which it can come back. Where one of these costs a fee and another
    does not, the amount is that without, and the fee stands with its way.
    """
    by_resolution: dict[Resolution, list[Offer]] = {}
    for offer in offers:
        by_resolution.setdefault(offer.resolution, []).append(offer)
    return [_choice(group) for group in by_resolution.values()]


def _choice(group: Sequence[Offer]) -> Choice:
    best = max(group, key=lambda one: one.amount.amount)
    fees = {one.method: one.terms.fee for one in group if one.terms.fee and one.terms.fee.amount}
    return Choice(
        best.resolution,
        [one.method for one in group],
        best.terms,
        best.amount,
        Money(amount=best.parts_together.bonus, currency=best.amount.currency),
        fees if len(fees) < len(group) else {},
    )


def _arrived(assessor: Assessor, brand: BrandConfig, asked: Asked, now: datetime) -> set[str]:
    """The lines of which a carrier says so: nothing else can be claimed not to have come."""

    def said(lines: tuple[ReturnLine, ...]) -> bool:
        try:
            assessor.assess(brand.brand_id, asked.model_copy(update={"lines": lines, "kind": ReturnKind.CLAIM}), now)
        except ConflictError:
            return False
        return True

    if said(asked.lines):
        return {line.line_id for line in asked.lines}
    return {line.line_id for line in asked.lines if len(asked.lines) > 1 and said((line,))}
