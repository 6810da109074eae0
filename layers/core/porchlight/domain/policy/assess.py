"""What a policy says about a request: outcome, and the terms that hold from then on.

Each line is looked at on its own (``line_verdict``), then the terms are put together. First comes what no policy can
change (``order_cancelled``, ``unknown_line``, ``quantity_exceeded``, ``not_returnable``), then rules that refuse, then
the window, then whether what is asked for is offered. The law stands above all of it: ``domain.law.overlay``.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from porchlight.domain.money import Money
from porchlight.domain.policy.conditions import Line, holds
from porchlight.domain.policy.facts import LineFacts, OrderFacts, RequestFacts
from porchlight.domain.policy.model import ReturnsPolicy, Say, Window
from porchlight.domain.returns import Outcome
from porchlight.domain.rma.names import NOTHING_COMES, TRIGGERS, Payer, Resolution, ReturnKind, ReturnMethod
from porchlight.domain.rma.terms import Terms

if TYPE_CHECKING:
    from porchlight.domain.law.model import StatutoryProfile

OTHERWISE = "otherwise"
"""In ``Terms.rules``: no rule said it."""
ASPECTS = tuple(name for name in Say.model_fields if name != "refuse")
"""What rules speak about; the names in ``Terms.rules``."""
GOODS_FIRST = frozenset({Resolution.EXCHANGE, Resolution.INSTANT_EXCHANGE, Resolution.REPAIR})
"""What nobody can have who keeps the goods."""
_IMPOSSIBLE = ("order_cancelled", "unknown_line", "quantity_exceeded", "not_returnable")
"""Refusals that no policy makes, the first one first."""


@dataclass(frozen=True)
class LineVerdict:
    """What is said about one line. ``refused``: a code, or empty; ``rule``: the policy's own, where one refused it."""

    order_id: str
    line_id: str
    refused: str
    rule: str
    terms: Terms


@dataclass(frozen=True)
class Assessment:
    """What is said about the request. ``rule``: the code of a refusal (``window_closed``) or of a review
    (``above_review_amount``), otherwise ``within_window`` or ``not_delivered_yet``. The terms are there in any case: a
    person may say yes to what a policy refuses; ``terms.rules["refuse"]`` names the rule that did.
    """

    outcome: Outcome
    rule: str
    terms: Terms
    lines: tuple[LineVerdict, ...]


def assess(facts: RequestFacts, policy: ReturnsPolicy, profile: "StatutoryProfile | None" = None) -> Assessment:
    """Decide a request; the same facts and policy give the same answer for ever. ``profile``: the law of the country
    that it is under, where there is one that knows returns.
    """
    said = _by_policy(facts, policy)
    if profile is None:
        return said
    from porchlight.domain.law.overlay import lawful  # it speaks about assessments itself

    return lawful(said, facts, profile)


def _by_policy(facts: RequestFacts, policy: ReturnsPolicy) -> Assessment:
    wanted: Counter[tuple[str, str]] = Counter()
    for line in facts.lines:
        wanted[line.order_id, line.line_id] += line.quantity
    verdicts = tuple(_verdict(facts, line, wanted[line.order_id, line.line_id], policy) for line in facts.lines)
    terms = together([verdict.terms for verdict in verdicts])
    refusals = [verdict for verdict in verdicts if verdict.refused]
    if refusals:
        first = min(refusals, key=_grave)
        if first.rule and first.refused != "window_closed":
            terms = terms.model_copy(update={"rules": {**terms.rules, "refuse": first.rule}})
        return Assessment(Outcome.REFUSE, first.refused, terms, verdicts)
    if facts.resolution is not None and facts.resolution in GOODS_FIRST and facts.kind is not ReturnKind.CLAIM:
        back = tuple(method for method in terms.methods if method not in NOTHING_COMES)
        terms = terms.model_copy(update={"methods": back})
    if not terms.resolutions or not terms.methods:
        return Assessment(Outcome.REFUSE, _nothing_offered(facts, verdicts), terms, verdicts)
    if facts.resolution is not None and facts.resolution not in terms.resolutions:
        return Assessment(Outcome.REFUSE, "no_such_resolution", terms, verdicts)
    if terms.review:
        return Assessment(Outcome.REVIEW, terms.review, terms, verdicts)
    begun = all(verdict.terms.closes_on for verdict in verdicts)
    return Assessment(Outcome.APPROVE, "within_window" if begun else "not_delivered_yet", terms, verdicts)


def _grave(verdict: LineVerdict) -> int:
    code = verdict.refused
    return _IMPOSSIBLE.index(code) if code in _IMPOSSIBLE and not verdict.rule else len(_IMPOSSIBLE)


def _nothing_offered(facts: RequestFacts, verdicts: Sequence[LineVerdict]) -> str:
    """Each line could come back on its own, but not like this."""
    asked = facts.resolution
    offered = asked is None or all(asked in verdict.terms.resolutions for verdict in verdicts)
    return "not_together" if offered and len(verdicts) > 1 else "no_such_resolution"


def _verdict(facts: RequestFacts, line: LineFacts, wanted: int, policy: ReturnsPolicy) -> LineVerdict:
    order = facts.orders.get(line.order_id)
    if order is None:
        return LineVerdict(line.order_id, line.line_id, "unknown_line", "", _terms(policy, policy.otherwise, {}, None))
    refusing, say, rules = _said(Line(facts, order, line), policy)
    terms = _terms(policy, say, rules, order)
    if facts.kind is ReturnKind.CLAIM:  # nothing came, so nothing can come back
        terms = terms.model_copy(update={"methods": (ReturnMethod.KEEP,), "fee": None})
    refused, rule = _impossible(order, line, wanted), ""
    if not refused and refusing:
        refused, rule = refusing
    if not refused and terms.closes_on and facts.asked_on > terms.closes_on:
        refused, rule = "window_closed", terms.rules["window"]
    return LineVerdict(line.order_id, line.line_id, refused, rule, terms)


def _impossible(order: OrderFacts, line: LineFacts, wanted: int) -> str:
    """Why no policy can allow it; ``wanted``: of this line in the whole request."""
    if order.cancelled:
        return "order_cancelled"
    if not line.known:
        return "unknown_line"
    if wanted + line.already_returning > line.bought:
        return "quantity_exceeded"
    return "" if line.ships else "not_returnable"


def _said(at: Line, policy: ReturnsPolicy) -> tuple[tuple[str, str] | None, Say, dict[str, str]]:
    """The first refusal (its code, its rule), and for each aspect what the first rule says that holds, with its id."""
    refusing: tuple[str, str] | None = None
    found: dict[str, Any] = {}
    rules: dict[str, str] = {}
    for rule in policy.rules:
        then = rule.then
        open_aspects = [name for name in ASPECTS if name not in found and getattr(then, name) is not None]
        if not (open_aspects or (then.refuse and not refusing)) or not holds(rule.when, at):
            continue
        if then.refuse and not refusing:
            refusing = then.refuse, rule.id
        for name in open_aspects:
            found[name], rules[name] = getattr(then, name), rule.id
    for name in ASPECTS:
        if name not in found and (last := getattr(policy.otherwise, name)) is not None:
            found[name], rules[name] = last, OTHERWISE
    return refusing, Say.model_construct(**found), rules


def _terms(policy: ReturnsPolicy, say: Say, rules: Mapping[str, str], order: OrderFacts | None) -> Terms:
    until = policy.deadlines
    fee = None
    if order and say.pays is Payer.SHOPPER and (minor := (say.fee or {}).get(order.currency)):
        fee = Money(amount=minor, currency=order.currency)
    return Terms(
        policy_version=policy.version,
        closes_on=closes_on(say.window, order) if say.window and order else None,
        window_days=say.window.days if say.window else 0,
        zone=order.zone if order else None,
        resolutions=say.resolutions or (),
        methods=say.methods or (),
        refund_on=say.refund_on or TRIGGERS[-1],
        pays=say.pays or Payer.BRAND,
        fee=fee,
        refunds_shipping=bool(say.refunds_shipping),
        credit_bonus_percent=say.credit_bonus_percent or 0,
        facility=say.facility or next(iter(policy.facilities), ""),
        review="" if say.review in (None, "none") else str(say.review),
        review_days=until.review_days,
        review_approves=until.review_default == "approve",
        scan_days=until.scan_days,
        receive_days=until.receive_days,
        inspect_days=until.inspect_days,
        repair_days=until.repair_days,
        rules=dict(rules),
    )


def closes_on(window: Window, order: OrderFacts) -> date | None:
    """The last day of a window, local to where the order went; None while nothing has arrived: it is open then."""
    begins = order.placed_on if window.after == "purchase" else order.delivered_on
    if begins is None:
        return None
    last = begins + timedelta(days=window.days)
    return max(last, window.at_least_until) if window.at_least_until else last


# ------------------------------------------------------------------------------------------------------- several lines


def together(said: Sequence[Terms]) -> Terms:
    """The terms of several lines as those of one return: what all of them allow, and the most careful of the rest.

    Resolutions and methods: those that all have, in the first line's order. Lines that may be kept go into the same
    parcel as the others. The latest trigger, the earliest last day, the highest fee (once: it is one parcel), shipping
    and bonus as far as all have them, the first line's facility, any review.
    """
    first = said[0]
    if len(said) == 1:
        return first
    rules = dict(first.rules)

    def of(name: str, chosen: Terms) -> Terms:
        """The line whose word counts, with its rule."""
        if name in chosen.rules:
            rules[name] = chosen.rules[name]
        else:
            rules.pop(name, None)
        return chosen

    sent = [one for one in said if not NOTHING_COMES.issuperset(one.methods)] or list(said)
    for name, ones in (("resolutions", said), ("methods", sent)):
        rules[name] = " + ".join(dict.fromkeys(one.rules[name] for one in ones if name in one.rules))
    earliest = of("window", min(said, key=lambda one: one.closes_on or date.max))
    return first.model_copy(
        update={
            "closes_on": earliest.closes_on,
            "window_days": earliest.window_days,
            "resolutions": _common(one.resolutions for one in said),
            "methods": _common(one.methods for one in sent),
            "refund_on": of("refund_on", max(said, key=lambda one: TRIGGERS.index(one.refund_on))).refund_on,
            "pays": of("pays", _first(said, lambda one: one.pays is Payer.SHOPPER)).pays,
            "fee": of("fee", _dearest(said)).fee,
            "refunds_shipping": of(
                "refunds_shipping", min(said, key=lambda one: one.refunds_shipping)
            ).refunds_shipping,
            "credit_bonus_percent": of(
                "credit_bonus_percent", min(said, key=lambda one: one.credit_bonus_percent)
            ).credit_bonus_percent,
            "review": of("review", _first(said, lambda one: bool(one.review))).review,
            "rules": rules,
        }
    )


def _first(said: Sequence[Terms], fits: Callable[[Terms], bool]) -> Terms:
    return next((one for one in said if fits(one)), said[0])


def _dearest(said: Sequence[Terms]) -> Terms:
    """The line with the highest fee, of the first currency in which there is one."""
    costly = [one for one in said if one.fee]
    same = [one for one in costly if one.fee and costly[0].fee and one.fee.currency == costly[0].fee.currency]
    return max(same, key=lambda one: one.fee.amount if one.fee else 0, default=said[0])


def _common[T](groups: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    every = list(groups)
    return tuple(dict.fromkeys(one for one in every[0] if all(one in others for others in every[1:])))
