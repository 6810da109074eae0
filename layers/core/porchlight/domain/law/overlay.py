"""The law above the policy: what a policy said about a request, changed where the law gives the buyer more.

Never the other way round: where a policy gives more than the law, its word stands. What the law changed stands in
``Terms.rules`` as ``statutory``.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from porchlight.domain.law.guarantee import guaranteed
from porchlight.domain.law.model import IMPOSSIBLE, ONCE_OPENED, STATUTORY, Exemption, StatutoryProfile
from porchlight.domain.law.withdrawal import WithdrawalRight, last_day, received_on, right
from porchlight.domain.policy.facts import LineFacts, RequestFacts
from porchlight.domain.returns import Outcome
from porchlight.domain.rma.names import (
    NOTHING_COMES,
    TRIGGERS,
    Payer,
    RefundTrigger,
    Resolution,
    ReturnKind,
    ReturnMethod,
)
from porchlight.domain.rma.terms import Terms

if TYPE_CHECKING:  # which speak about the law themselves
    from porchlight.domain.policy.assess import Assessment, LineVerdict

_TIME_TO_SEND = 30
"""Days: the law gives 14 to send it back, and who is a little late has withdrawn all the same."""


def lawful(said: "Assessment", facts: RequestFacts, profile: StatutoryProfile) -> "Assessment":
    """What holds, by policy and law together.

    A withdrawal in time is approved, whatever rule or risk says: without the exempt lines, each of which is refused
    with ``no_withdrawal``. What is asked for as a plain return, to be refunded, in that time is treated as one where
    the policy gives less. A defect within the guarantee is never refused by the policy's window.
    """
    if facts.kind is ReturnKind.WARRANTY:
        return guaranteed(said, facts, profile)
    the = right(facts, profile)
    plain = facts.kind is ReturnKind.RETURN and facts.resolution in (None, Resolution.REFUND)
    if the is None or not (plain or facts.kind is ReturnKind.WITHDRAWAL):
        return said
    looked = [_line(verdict, line, facts, the, profile) for verdict, line in zip(said.lines, facts.lines, strict=True)]
    if plain:
        return _return(said, looked)
    return _withdrawal(said, looked)


def _withdrawal(said: "Assessment", looked: "Sequence[tuple[LineVerdict, bool]]") -> "Assessment":
    """Exempt lines are refused and the others stand; a person may still look at a refusal."""
    lines = tuple(verdict for verdict, _ in looked)
    if lines == said.lines:
        return said  # not in time: what the policy gives, it gives
    by_law = any(statutory for _, statutory in looked)
    if not by_law:
        refused = next(one.refused for one in lines if one.refused)
        return replace(said, outcome=Outcome.REFUSE, rule=refused, lines=lines)
    # What needs a person's yes cannot hold up what needs none; nor is money given where the policy has none.
    lines = tuple(
        replace(one, refused="withdrawal_over")
        if not (statutory or one.refused) and (one.terms.review or Resolution.REFUND not in one.terms.resolutions)
        else one
        for one, statutory in looked
    )
    terms = _together(lines)
    if any(one.terms.refunds_shipping for one, statutory in looked if statutory):
        rules = {**terms.rules, "refunds_shipping": STATUTORY}
        terms = terms.model_copy(update={"refunds_shipping": True, "rules": rules})
    return replace(said, outcome=Outcome.APPROVE, rule=STATUTORY, terms=terms, lines=lines)


def _return(said: "Assessment", looked: "Sequence[tuple[LineVerdict, bool]]") -> "Assessment":
    lines = tuple(verdict for verdict, _ in looked)
    if lines == said.lines and said.outcome is Outcome.APPROVE:
        return said
    terms = _together(lines)
    if refused := next((one.refused for one in lines if one.refused), ""):
        rule = said.rule if said.outcome is Outcome.REFUSE else refused
        same = any(one.refused == said.rule for one in lines)
        return replace(said, outcome=Outcome.REFUSE, rule=rule if same else refused, lines=lines)
    if not any(statutory for _, statutory in looked) or not terms.methods:
        return said
    if terms.review:
        return replace(said, outcome=Outcome.REVIEW, rule=terms.review, terms=terms, lines=lines)
    rule = said.rule if said.outcome is Outcome.APPROVE else STATUTORY
    return replace(said, outcome=Outcome.APPROVE, rule=rule, terms=terms, lines=lines)


def _line(
    verdict: "LineVerdict", line: LineFacts, facts: RequestFacts, the: WithdrawalRight, profile: StatutoryProfile
) -> "tuple[LineVerdict, bool]":
    """One line under the law, and whether it has the right."""
    if verdict.refused in IMPOSSIBLE or not the.is_open(line.order_id):
        return verdict, False
    exempt, withdraws = profile.exemption(line.no_withdrawal, line.category), facts.kind is ReturnKind.WITHDRAWAL
    if exempt and exempt not in ONCE_OPENED:
        refused = replace(verdict, refused="no_withdrawal", rule=f"{STATUTORY}:{exempt.value}")
        return (refused if withdraws else verdict), False
    order = facts.orders[line.order_id]
    last = last_day(received_on(order), profile, order.country, order.region)
    terms = _terms(verdict.terms, facts, last, exempt, profile, refused=bool(verdict.refused), withdraws=withdraws)
    terms = terms.model_copy(update={"nothing_sent": withdraws and not order.sent})
    if not line.ships:  # a download: nothing can be sent back
        terms = terms.model_copy(update={"methods": (ReturnMethod.KEEP,)})
    return replace(verdict, refused="", rule=verdict.rule if not verdict.refused else STATUTORY, terms=terms), True


def _terms(
    terms: Terms,
    facts: RequestFacts,
    last: date | None,
    exempt: Exemption | None,
    profile: StatutoryProfile,
    *,
    refused: bool,
    withdraws: bool,
) -> Terms:
    """The policy's terms, but nowhere worse than the law's."""
    better: dict[str, Any] = {}
    if terms.closes_on is not None and (last is None or terms.closes_on < last):
        better["closes_on"] = last
    refund = (Resolution.REFUND,)
    if withdraws or Resolution.REFUND not in terms.resolutions:
        better["resolutions"] = refund if withdraws else (*terms.resolutions, *refund)
    kept = bool(terms.methods) and NOTHING_COMES.issuperset(terms.methods)  # better than any way back
    if ReturnMethod.OWN not in terms.methods and not kept:
        better["methods"] = (*terms.methods, ReturnMethod.OWN)
    # The money may wait for the goods and no longer; only what may have been opened is looked at before.
    if exempt is None and TRIGGERS.index(terms.refund_on) > TRIGGERS.index(RefundTrigger.RECEIVED):
        better["refund_on"] = RefundTrigger.RECEIVED
    if profile.return_cost is Payer.BRAND:
        better |= {"pays": Payer.BRAND, "fee": None}
    if profile.refunds_shipping:
        better["refunds_shipping"] = True
    better["review"] = ""
    changed = {name: value for name, value in better.items() if getattr(terms, name) != value}
    rules = {**terms.rules, **{_ASPECT.get(name, name): STATUTORY for name in changed}}
    if refused:
        rules["refuse"] = STATUTORY
    always = {
        "review_approves": True,
        "scan_days": max(terms.scan_days, _TIME_TO_SEND),
        "refund_by": facts.asked_on + timedelta(days=profile.refund_days),
    }
    return terms.model_copy(update={**changed, **always, "rules": rules})


_ASPECT = {"closes_on": "window"}
"""What rules call a term, where that is another word."""


def _together(lines: "Sequence[LineVerdict]") -> Terms:
    """The terms of the lines that stand."""
    from porchlight.domain.policy.assess import together  # it speaks about the law itself

    standing = [one.terms for one in lines if not one.refused] or [one.terms for one in lines]
    due = [one.refund_by for one in standing if one.refund_by]
    nothing_sent = all(one.nothing_sent for one in standing)
    return together(standing).model_copy(update={"refund_by": min(due, default=None), "nothing_sent": nothing_sent})
