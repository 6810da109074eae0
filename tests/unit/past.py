"""Returns that a policy decided a while ago, as they are stored."""

from datetime import timedelta
from typing import Any

from porchlight.domain.policy.assess import assess
from porchlight.domain.policy.facts import RequestFacts
from porchlight.domain.policy.model import ReturnsPolicy
from porchlight.domain.returns import Decision, Return, ReturnLine
from porchlight.domain.rma.names import Resolution
from tests.unit.asked_for import asked
from tests.unit.stories import NOW, order


def decided(by: ReturnsPolicy, number: int = 1, facts: RequestFacts | None = None, **update: Any) -> Return:
    """A request for one shirt, written down with its facts, its terms and the decision."""
    facts = facts or asked(resolution=Resolution.REFUND)
    said = assess(facts, by)
    at = NOW + timedelta(minutes=number)
    decision = Decision(outcome=said.outcome, rule=said.rule, policy_version=by.version, decided_at=at)
    own = next(iter(facts.orders))
    values: dict[str, Any] = {
        "brand": "larkspur",
        "return_id": f"rma_{number:02}",
        "order_id": own,
        "shopper_id": f"cus_{number}",
        "lines": tuple(
            ReturnLine(line_id=line.line_id, quantity=line.quantity, reason=line.reason) for line in facts.lines
        ),
        "resolution": facts.resolution or Resolution.REFUND,
        "requested_at": at,
        "policy_version": by.version,
        "terms": said.terms,
        "facts": facts,
        "decisions": (decision,),
    }
    return Return(**values | update)


ORDER = order()
"""Two shirts at 100.00, a hat at 40.00."""
