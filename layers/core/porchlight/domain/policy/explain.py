"""Why a policy decided as it did: which rule said what, on which facts."""

from porchlight.domain.policy.assess import Assessment
from porchlight.domain.policy.facts import RequestFacts

type Told = str | int | bool | None


def decision_facts(facts: RequestFacts, said: Assessment) -> dict[str, Told]:
    """What a ``Decision`` keeps of the facts: those that explain it at a glance. All of them stand in the return."""
    order = next(iter(facts.orders.values()), None)
    delivered = order.delivered_on if order else None
    refused = next((line for line in said.lines if line.refused == said.rule), None)
    return {
        "tier": order.tier if order else None,
        "window_days": said.terms.window_days,
        "days_since_delivery": (facts.asked_on - delivered).days if delivered else None,
        "closes_on": said.terms.closes_on.isoformat() if said.terms.closes_on else None,
        "fee_minor": said.terms.fee.amount if said.terms.fee else 0,
        "currency": order.currency if order else None,
        "quantity": sum(line.quantity for line in facts.lines),
        "already_returning": sum(line.already_returning for line in facts.lines),
        "policy_rule": refused.rule if refused else said.terms.rules.get("review", ""),
        "line": refused.line_id if refused else None,
    }
