"""The legal guarantee: a defect is the seller's for so long, whatever the brand's own window says. It has nothing to do
with withdrawal: repair or replacement come first (Article 13 of Directive (EU) 2019/771), and cost the buyer nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from porchlight.domain.law.model import IMPOSSIBLE, STATUTORY, StatutoryProfile
from porchlight.domain.policy.facts import LineFacts, RequestFacts
from porchlight.domain.returns import Outcome
from porchlight.domain.rma.names import Payer, Resolution, ReturnMethod
from porchlight.domain.rma.terms import Terms

if TYPE_CHECKING:  # which speak about the law themselves
    from porchlight.domain.policy.assess import Assessment, LineVerdict

CURES = (Resolution.REPLACE, Resolution.REPAIR)
_FREE = frozenset({ReturnMethod.LABEL, ReturnMethod.QR, ReturnMethod.BOX_FREE, ReturnMethod.IN_STORE})


def guaranteed(said: "Assessment", facts: RequestFacts, profile: StatutoryProfile) -> "Assessment":
    """What holds for a defect. A person may look at it first where the policy says so."""
    if not profile.guarantee_months:
        return said
    lines = tuple(_line(verdict, line, facts, profile) for verdict, line in zip(said.lines, facts.lines, strict=True))
    if lines == said.lines:
        return said
    terms = _together(lines)
    if refused := next((one.refused for one in lines if one.refused), ""):
        return replace(said, outcome=Outcome.REFUSE, rule=refused, terms=terms, lines=lines)
    if facts.resolution is not None and facts.resolution not in terms.resolutions:
        return replace(said, outcome=Outcome.REFUSE, rule="no_such_resolution", terms=terms, lines=lines)
    if terms.review:
        return replace(said, outcome=Outcome.REVIEW, rule=terms.review, terms=terms, lines=lines)
    rule = said.rule if said.outcome is Outcome.APPROVE else STATUTORY
    return replace(said, outcome=Outcome.APPROVE, rule=rule, terms=terms, lines=lines)


def later(day: date, months: int) -> date:
    """The same day so many months later; the last of a month that is shorter."""
    first = _month(day, months)
    last = _month(day, months + 1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)


def _month(day: date, later_by: int) -> date:
    """The first of the month so many months later."""
    years, month = divmod(day.month - 1 + later_by, 12)
    return date(day.year + years, month + 1, 1)


def _line(verdict: "LineVerdict", line: LineFacts, facts: RequestFacts, profile: StatutoryProfile) -> "LineVerdict":
    order = facts.orders.get(line.order_id)
    if order is None or verdict.refused in IMPOSSIBLE:
        return verdict
    begun = order.delivered_on
    until = later(begun, profile.guarantee_months) if begun else None
    if until and facts.asked_on > until:
        return verdict
    presumed = not begun or facts.asked_on <= later(begun, profile.burden_of_proof_months)
    terms = _terms(verdict.terms, until, presumed=presumed, refused=bool(verdict.refused))
    return replace(verdict, refused="", rule=STATUTORY if verdict.refused else verdict.rule, terms=terms)


def _terms(terms: Terms, until: date | None, *, presumed: bool, refused: bool) -> Terms:
    better: dict[str, Any] = {"pays": Payer.BRAND, "fee": None}
    if terms.closes_on is not None and (until is None or terms.closes_on < until):
        better["closes_on"] = until
    cures = tuple(one for one in terms.resolutions if one in CURES) or CURES
    better["resolutions"] = (*cures, *(one for one in terms.resolutions if one not in cures))
    if not _FREE & set(terms.methods):
        better["methods"] = (*terms.methods, ReturnMethod.LABEL)
    changed = {name: value for name, value in better.items() if getattr(terms, name) != value}
    rules = {**terms.rules, **{"window" if name == "closes_on" else name: STATUTORY for name in changed}}
    if refused:
        rules["refuse"] = STATUTORY
    # While it is for the seller to prove that the defect is not theirs, silence is a yes.
    silence = {"review_approves": True} if presumed else {}
    return terms.model_copy(update={**changed, **silence, "rules": rules})


def _together(lines: "Sequence[LineVerdict]") -> Terms:
    from porchlight.domain.policy.assess import together  # it speaks about the law itself

    return together([one.terms for one in lines if not one.refused] or [one.terms for one in lines])
