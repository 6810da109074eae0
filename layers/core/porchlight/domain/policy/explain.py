"""Why a return was decided as it was: which rule said what, on which facts, and what the law changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from porchlight.domain.law.model import STATUTORY
from porchlight.domain.policy.assess import ASPECTS, OTHERWISE, assess
from porchlight.domain.policy.conditions import Line, Looked, holds, looked_at
from porchlight.domain.policy.facts import LineFacts, RequestFacts
from porchlight.domain.policy.model import ReturnsPolicy
from porchlight.domain.returns import Return
from porchlight.domain.rma.terms import Terms


@dataclass(frozen=True)
class AspectSaid:
    """What holds for one aspect, and who said so: a rule, ``otherwise`` or ``statutory``. ``instead_of``: what the
    policy had said, where the law changed it.
    """

    aspect: str
    value: str
    rule: str
    instead_of: str = ""


@dataclass(frozen=True)
class RuleSeen:
    """A rule that held for a line, with the facts that it looked at. ``decides``: the aspects that it decided;
    empty: others had said all of it before.
    """

    rule: str
    note: str
    order_id: str
    line_id: str
    decides: tuple[str, ...]
    looked: tuple[Looked, ...]


@dataclass(frozen=True)
class Explanation:
    """All that can be said. ``same_policy``: the policy at hand is the one that decided; otherwise its rules are not
    shown. ``refused``: by line (``order/line``), the code and the rule.
    """

    aspects: tuple[AspectSaid, ...]
    refused: Mapping[str, tuple[str, str]]
    rules: tuple[RuleSeen, ...]
    same_policy: bool


def explain(request: Return, policy: ReturnsPolicy) -> Explanation:
    """Why; from what was written down when it was asked for. ``policy``: the brand's present one."""
    facts, terms = request.facts, request.terms
    if facts is None or terms is None:
        return Explanation((), {}, (), same_policy=False)
    same = policy.version == terms.policy_version
    before = assess(facts, policy) if same else None
    refused = {
        f"{line.order_id}/{line.line_id}": (line.refused, line.rule)
        for line in (before.lines if before else ())
        if line.refused
    }
    rules = tuple(one for line in facts.lines for one in _rules_of(facts, line, policy)) if same else ()
    return Explanation(tuple(_aspects(terms, before.terms if before else None)), refused, rules, same)


def _aspects(terms: Terms, by_policy: Terms | None) -> Iterator[AspectSaid]:
    if refusing := terms.rules.get("refuse"):
        yield AspectSaid("refuse", "no refusal" if refusing == STATUTORY else "refused", refusing)
    for aspect in ASPECTS:
        value = aspect_value(terms, aspect)
        rule = terms.rules.get(aspect, OTHERWISE if value else "")
        if not value and not rule:
            continue
        was = aspect_value(by_policy, aspect) if by_policy and STATUTORY in rule else ""
        yield AspectSaid(aspect, value or "none", rule, was if was != value else "")
    if terms.refund_by:
        yield AspectSaid("refund_by", terms.refund_by.isoformat(), STATUTORY)


def aspect_value(terms: Terms, aspect: str) -> str:
    """What the terms say about an aspect, in words; empty for nothing."""
    if aspect == "window":
        return f"until {terms.closes_on} ({terms.window_days} days)" if terms.closes_on else "open: not delivered yet"
    if aspect == "fee":
        return terms.fee.label() if terms.fee else ""
    value = getattr(terms, aspect)
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value) if value else ""


def _rules_of(facts: RequestFacts, line: LineFacts, policy: ReturnsPolicy) -> Iterator[RuleSeen]:
    """The rules that hold for a line, in their order."""
    order = facts.orders.get(line.order_id)
    if order is None:
        return
    at = Line(facts, order, line)
    said: set[str] = set()
    for rule in policy.rules:
        if not holds(rule.when, at):
            continue
        speaks = [name for name in ("refuse", *ASPECTS) if getattr(rule.then, name) is not None]
        decides = tuple(name for name in speaks if name not in said)
        said.update(decides)
        yield RuleSeen(rule.id, rule.note, line.order_id, line.line_id, decides, tuple(looked_at(rule.when, at)))


def wanted_in_words(wanted: object) -> str:
    """What a condition wants: ``above 14``, ``gold or silver``."""
    if isinstance(wanted, bool):
        return "yes" if wanted else "no"
    if isinstance(wanted, tuple):
        return " or ".join(str(one) for one in wanted)
    limits = wanted.model_dump(mode="json", exclude_none=True)  # type: ignore[attr-defined]
    return ", ".join(f"{name.replace('_', ' ')} {_limit(value)}" for name, value in limits.items())


def _limit(value: object) -> str:
    if isinstance(value, dict):
        return " / ".join(f"{currency} {minor}" for currency, minor in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
