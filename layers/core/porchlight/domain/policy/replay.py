"""What another policy would have decided about past returns: decisions, terms, money, shoppers. From what was written
down when each was asked for; nothing is looked up again but the orders' prices.

Amounts on both sides are what the goods are worth under the terms of each, before any inspection: what differs is the
policy's doing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from porchlight.domain.law.model import StatutoryProfile
from porchlight.domain.orders import Order
from porchlight.domain.policy.assess import ASPECTS, OTHERWISE, assess
from porchlight.domain.policy.explain import aspect_value
from porchlight.domain.policy.facts import RequestFacts
from porchlight.domain.policy.model import ReturnsPolicy
from porchlight.domain.returns import Outcome, Return
from porchlight.domain.risk import level_of
from porchlight.domain.rma.amounts import quote
from porchlight.domain.rma.names import BY_PARCEL, TRIGGERS, ReturnMethod
from porchlight.domain.rma.settlements import Parts
from porchlight.domain.rma.terms import Terms

NO_POLICYS = frozenset({"order_cancelled", "unknown_line", "quantity_exceeded", "nothing_to_refund"})
"""Refusals for what had happened by then: no policy would have decided otherwise."""
NO_TIER = "none"
_WITH_FEE = BY_PARCEL - {ReturnMethod.OWN}


class LeftOut(StrEnum):
    """Why a return is not compared."""

    NO_FACTS = "no_facts"
    """It was asked for under a release that kept none."""
    NOT_DECIDED = "not_decided"
    NO_ORDER = "no_order"
    """One of its orders is gone."""


@dataclass(frozen=True)
class Past:
    """A return as it was asked for, with what ``amounts.quote`` needs. ``profile``: the law that it is under."""

    request: Return
    orders: Mapping[str, Order]
    ahead: tuple[Return, ...] = ()
    origins: Mapping[str, Return] = field(default_factory=dict)
    profile: StatutoryProfile | None = None


@dataclass(frozen=True)
class Side:
    """What one policy says: amounts in minor units by currency. ``fee`` is what is taken off for the way back."""

    outcome: Outcome
    rule: str
    terms: Terms
    rules: frozenset[str]
    """Those that decided something."""
    refund: Mapping[str, int]
    fee: Mapping[str, int]


@dataclass(frozen=True)
class Compared:
    """One return under both."""

    return_id: str
    shopper_id: str
    tier: str
    before: Side
    after: Side
    terms: tuple[str, ...]
    """Aspects that differ, where it is not refused."""

    @property
    def decided_otherwise(self) -> bool:
        """True where the outcome is another one, or the reason for it."""
        same_word = self.before.rule == self.after.rule or self.after.outcome is Outcome.APPROVE
        return self.before.outcome is not self.after.outcome or not same_word

    @property
    def changed(self) -> bool:
        """True where anything is."""
        return self.decided_otherwise or bool(self.terms) or self.before.refund != self.after.refund

    def document(self) -> dict[str, Any]:
        """For programs, and for a list of changed ones. Ids only."""
        sides = {
            name: {
                "outcome": side.outcome.value,
                "rule": side.rule,
                "refund": dict(side.refund),
                "fee": dict(side.fee),
                **{aspect: aspect_value(side.terms, aspect) for aspect in self.terms},
            }
            for name, side in (("before", self.before), ("after", self.after))
        }
        return {"return": self.return_id, "tier": self.tier, **sides, "terms": list(self.terms)}


def compare(past: Past, policy: ReturnsPolicy) -> Compared | LeftOut:
    """One past return under the policy that decided it, and under this one."""
    request = past.request
    facts, terms = request.facts, request.terms
    if facts is None or terms is None:
        return LeftOut.NO_FACTS
    first = request.decisions[0] if request.decisions else None
    outcome, rule = (first.outcome, first.rule) if first else (request.assessed, request.assessed_rule)
    if outcome is None:
        return LeftOut.NOT_DECIDED
    if not set(request.order_ids) <= past.orders.keys():
        return LeftOut.NO_ORDER
    said = assess(_under(facts, policy), policy, past.profile)
    before = _side(past, request.assessed or outcome, request.assessed_rule or rule, terms)
    after = _side(past, said.outcome, said.rule, said.terms)
    if outcome is Outcome.REFUSE and rule in NO_POLICYS:
        before = _side(past, outcome, rule, terms)
        after = _side(past, outcome, rule, said.terms)
    refused = Outcome.REFUSE in (before.outcome, after.outcome)
    return Compared(
        return_id=request.return_id,
        shopper_id=request.shopper_id,
        tier=_tier(facts),
        before=before,
        after=after,
        terms=() if refused else _differing(before.terms, after.terms),
    )


def _under(facts: RequestFacts, policy: ReturnsPolicy) -> RequestFacts:
    """The score is that of then; what it means, the thresholds of the policy say."""
    level = level_of(facts.shopper.risk_score, policy.risk)
    return facts.model_copy(update={"shopper": facts.shopper.model_copy(update={"risk": level})})


def _tier(facts: RequestFacts) -> str:
    return next((order.tier for order in facts.orders.values() if order.tier), NO_TIER)


def _differing(before: Terms, after: Terms) -> tuple[str, ...]:
    return tuple(aspect for aspect in ASPECTS if aspect_value(before, aspect) != aspect_value(after, aspect))


def _side(past: Past, outcome: Outcome, rule: str, terms: Terms) -> Side:
    method = past.request.method
    if terms.methods and method not in terms.methods:
        method = terms.methods[0]
    if method not in _WITH_FEE:  # there is no way back that it would pay
        terms = terms.model_copy(update={"fee": None})
    refund, fee = Counter[str](), Counter[str]()
    for one in () if outcome is Outcome.REFUSE else _parts(past, terms):
        refund[one.currency] += one.total.amount
        fee[one.currency] -= one.fee
    fees = {currency: minor for currency, minor in fee.items() if minor}
    return Side(outcome, rule, terms, _deciding(outcome, rule, terms), dict(refund), fees)


def _deciding(outcome: Outcome, rule: str, terms: Terms) -> frozenset[str]:
    """The rules that decided something; of a refusal, the one that refused."""
    if outcome is Outcome.REFUSE:
        named = [terms.rules.get("window" if rule == "window_closed" else "refuse", "")]
    else:
        named = [name for aspect, joined in terms.rules.items() if aspect != "refuse" for name in joined.split(" + ")]
    return frozenset(named) - {"", OTHERWISE}


def _parts(past: Past, terms: Terms) -> Iterable[Parts]:
    request = past.request
    # What the shop has paid back since is this very refund, as often as not: then it was not.
    orders = {key: order.model_copy(update={"refunds": {}}) for key, order in past.orders.items()}
    own = {key: orders[key] for key in request.order_ids}
    return quote(
        *(request.lines, {**own, **orders}, terms, request.resolution),
        ahead=past.ahead,
        kind=request.kind,
        origins=past.origins,
    ).values()


# --------------------------------------------------------------------------------------------------------------- sums


@dataclass
class Replay:
    """All of them together, added one by one."""

    compared: list[Compared] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, one: Compared | LeftOut) -> None:
        """Count one return."""
        if isinstance(one, LeftOut):
            self.left_out[one.value] += 1
        else:
            self.compared.append(one)

    @property
    def changed(self) -> list[Compared]:
        """Those that anything changes for."""
        return [one for one in self.compared if one.changed]

    def decisions(self) -> list[dict[str, Any]]:
        """How many are approved, put before a person, refused."""
        before, after = (Counter(getattr(one, side).outcome for one in self.compared) for side in ("before", "after"))
        return [
            {"decision": outcome.value, "before": before[outcome], "after": after[outcome]}
            | {"difference": after[outcome] - before[outcome]}
            for outcome in Outcome
        ]

    def moves(self) -> list[dict[str, Any]]:
        """Which decisions become which, and by which word; the most frequent first."""
        found = Counter(
            (one.before.outcome.value, one.before.rule, one.after.outcome.value, one.after.rule)
            for one in self.compared
            if one.decided_otherwise
        )
        return [
            {"from": was, "because": because, "to": now, "now": why, "returns": count}
            for (was, because, now, why), count in found.most_common()
        ]

    def terms(self) -> list[dict[str, Any]]:
        """For how many each aspect is another one; money earlier and later apart."""
        found: Counter[str] = Counter(aspect for one in self.compared for aspect in one.terms)
        sooner = Counter(_sooner(one) for one in self.compared if "refund_on" in one.terms)
        more = {"refund_on": f"{sooner[True]} earlier, {sooner[False]} later"}
        return [
            {"aspect": aspect, "returns": found[aspect], "of which": more.get(aspect, "")}
            for aspect in ASPECTS
            if found[aspect]
        ]

    def money(self) -> list[dict[str, Any]]:
        """Refunds and fees by currency, in minor units: what is approved at once, and what waits for a person."""
        rows = []
        for what, amounts, outcome in (
            ("refunds", "refund", Outcome.APPROVE),
            ("refunds, if a person agrees", "refund", Outcome.REVIEW),
            ("fees", "fee", None),
        ):
            before, after = (self._sum(side, amounts, outcome) for side in ("before", "after"))
            rows += [
                {"currency": currency, "money": what, "before": before[currency], "after": after[currency]}
                | {"difference": after[currency] - before[currency]}
                for currency in sorted(before.keys() | after.keys())
            ]
        return sorted(rows, key=lambda row: str(row["currency"]))

    def tiers(self) -> list[dict[str, Any]]:
        """Whom it is about: shoppers by tier, each counted once."""
        rows = []
        for tier in sorted({one.tier for one in self.compared}, key=lambda name: (name == NO_TIER, name)):
            ours = [one for one in self.compared if one.tier == tier]
            touched = [one for one in ours if one.changed]
            apart: Counter[str] = Counter()
            for one in ours:
                apart.update(one.after.refund)
                apart.subtract(one.before.refund)
            rows.append(
                {
                    "tier": tier,
                    "returns": len(ours),
                    "changed": len(touched),
                    "shoppers": len({one.shopper_id for one in ours}),
                    "shoppers affected": len({one.shopper_id for one in touched}),
                    "money": {currency: minor for currency, minor in sorted(apart.items()) if minor},
                }
            )
        return rows

    def rules(self) -> list[dict[str, Any]]:
        """In how many returns each rule decides something, and in how many of those anything is changed."""
        before, after = (
            Counter(rule for one in self.compared for rule in getattr(one, side).rules) for side in ("before", "after")
        )
        touched = Counter(rule for one in self.changed for rule in one.before.rules ^ one.after.rules)
        names = sorted(before.keys() | after.keys(), key=lambda name: (-touched[name], -after[name], name))
        return [
            {"rule": name, "before": before[name], "after": after[name], "comes or goes": touched[name]}
            for name in names
        ]

    def document(self) -> dict[str, Any]:
        """All of it, for programs; amounts in minor units."""
        return {
            "returns": len(self.compared) + self.left_out.total(),
            "compared": len(self.compared),
            "left_out": dict(self.left_out),
            "changed": len(self.changed),
            "decisions": self.decisions(),
            "moves": self.moves(),
            "terms": self.terms(),
            "money": self.money(),
            "tiers": self.tiers(),
            "rules": self.rules(),
            "changed_returns": [one.document() for one in self.changed],
        }

    def _sum(self, side: str, amounts: str, outcome: Outcome | None) -> Counter[str]:
        found: Counter[str] = Counter()
        for one in self.compared:
            said: Side = getattr(one, side)
            if outcome in (None, said.outcome):
                found.update(getattr(said, amounts))
        return found


def _sooner(one: Compared) -> bool:
    return TRIGGERS.index(one.after.terms.refund_on) < TRIGGERS.index(one.before.terms.refund_on)
