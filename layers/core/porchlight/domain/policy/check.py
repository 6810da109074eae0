"""What is wrong with a policy that can be read: contradictions within a rule, rules that never take effect, things that
do not exist. Errors are certain; warnings are for somebody to think about.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from porchlight.domain.policies import REFUSALS
from porchlight.domain.policy.assess import ASPECTS, GOODS_FIRST
from porchlight.domain.policy.logic import implies, never
from porchlight.domain.policy.model import ReturnsPolicy, Rule, Say, When
from porchlight.domain.rma.names import (
    BY_PARCEL,
    NOTHING_COMES,
    Payer,
    RefundTrigger,
    Resolution,
    ReturnKind,
    ReturnMethod,
    RiskLevel,
)

type Path = tuple[str | int, ...]

_BY_CARRIER = frozenset({RefundTrigger.FIRST_SCAN, RefundTrigger.DELIVERED})
_LABELS = BY_PARCEL - {ReturnMethod.OWN}
_ABOVE_POLICY = frozenset({ReturnKind.WITHDRAWAL, ReturnKind.WARRANTY})
"""What the law may give although a rule refuses it."""


class Severity(StrEnum):
    """``error``: it cannot be meant like this, and no brand pack is built of it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """Something that is wrong. ``path``: where, as the model names it (``("rules", 2, "then", "fee")``); ``see``: what
    it is about as well.
    """

    severity: Severity
    path: Path
    text: str
    see: Path | None = None


def check(
    policy: ReturnsPolicy, providers: Mapping[str, frozenset[ReturnMethod]] | None = None, today: date | None = None
) -> list[Problem]:
    """All that is wrong, in the order of the file. ``providers``: which methods each provider of labels has, None:
    not looked at. ``today``: what was over before is said.
    """
    found = [*_said(("otherwise",), policy.otherwise)]
    for number, rule in enumerate(policy.rules):
        found += _rule(number, rule)
    found += _unheard(policy.rules)
    found += _whole(policy)
    if providers is not None:
        found += _labels(policy, providers)
    if today is not None:
        found += _over(policy, today)
    order = tuple(ReturnsPolicy.model_fields)
    return sorted(found, key=lambda one: (order.index(str(one.path[0])), _number(one.path)))


def errors(found: Sequence[Problem]) -> list[Problem]:
    """Those that stop a brand pack."""
    return [one for one in found if one.severity is Severity.ERROR]


def _number(path: Path) -> int:
    return next((part for part in path if isinstance(part, int)), -1)


def _error(path: Path, text: str, see: Path | None = None) -> Problem:
    return Problem(Severity.ERROR, path, text, see)


def _warning(path: Path, text: str, see: Path | None = None) -> Problem:
    return Problem(Severity.WARNING, path, text, see)


# ----------------------------------------------------------------------------------------------------------- one rule


def _rule(number: int, rule: Rule) -> Iterator[Problem]:
    at: Path = ("rules", number)
    for where, why in never(rule.when):
        parts = tuple(int(part) if part.isdigit() else part for part in where.split("."))
        yield _error((*at, "when", *parts), f"can never hold: {why}")
    aspects = _aspects(rule.then)
    if not aspects and not rule.then.refuse:
        yield _error((*at, "then"), "says nothing")
    if rule.then.refuse and aspects:
        also = ", ".join(aspects)
        yield _error((*at, "then", "refuse"), f"contradicts itself: what is refused has no terms ({also})")
    yield from _said((*at, "then"), rule.then)
    yield from _kind(at, rule)
    wanted, offered = rule.when.resolution, rule.then.resolutions
    if wanted and offered and set(wanted).isdisjoint(offered):
        yield _error((*at, "then", "resolutions"), f"contradicts itself: holds for {_list(wanted)}, offers none of it")
    if rule.then.refuse and rule.then.refuse not in REFUSALS:
        yield _warning((*at, "then", "refuse"), "has no words of its own: shoppers read the general ones")


def _kind(at: Path, rule: Rule) -> Iterator[Problem]:
    """What the kind of a return allows."""
    kinds, then = set(rule.when.kind or ()), rule.then
    if kinds == {ReturnKind.CLAIM} and then.methods and ReturnMethod.KEEP not in then.methods:
        yield _error((*at, "then", "methods"), "contradicts itself: nothing came, so nothing can be sent back (keep)")
    if kinds == {ReturnKind.WITHDRAWAL} and then.refuse:
        yield _warning((*at, "then", "refuse"), "is overruled: by law a withdrawal is not refused by a policy")
    if then.refuse and (rule.when.risk or rule.when.risk_score) and RiskLevel.LOW not in (rule.when.risk or ()):
        yield _warning(
            (*at, "then", "refuse"),
            "refuses for a score alone: a person has to be able to look again, `review` is better",
        )


def _said(at: Path, then: Say) -> Iterator[Problem]:
    """Combinations that cannot be."""
    for name in ("resolutions", "methods"):
        values = getattr(then, name) or ()
        if len(set(values)) != len(values):
            yield _warning((*at, name), "names one twice")
    methods, fee = set(then.methods or ()), any((then.fee or {}).values())
    kept = bool(methods) and methods <= NOTHING_COMES
    if kept and (impossible := [one for one in then.resolutions or () if one in GOODS_FIRST]):
        yield _error((*at, "resolutions"), f"contradicts itself: nobody who keeps the goods gets {_list(impossible)}")
    if kept and then.refund_on not in (None, RefundTrigger.INSTANT):
        yield _error((*at, "refund_on"), f"contradicts itself: nothing comes back, so nothing is ever {then.refund_on}")
    if methods == {ReturnMethod.IN_STORE} and then.refund_on in _BY_CARRIER:
        yield _error((*at, "refund_on"), "contradicts itself: no carrier brings what is handed in at a store")
    if fee and kept:
        yield _error((*at, "fee"), "contradicts itself: there is no way back to pay for")
    elif fee and then.pays is Payer.BRAND:
        yield _error((*at, "fee"), "contradicts itself: the brand pays for the way back")
    elif fee and methods == {ReturnMethod.OWN}:
        yield _error((*at, "fee"), "contradicts itself: shoppers pay for their own parcel already")
    if methods == {ReturnMethod.OWN} and then.pays is Payer.BRAND:
        yield _error((*at, "pays"), "contradicts itself: shoppers pay for their own parcel")
    if then.credit_bonus_percent and then.resolutions and Resolution.STORE_CREDIT not in then.resolutions:
        yield _error((*at, "credit_bonus_percent"), "contradicts itself: store credit is not offered")


# ------------------------------------------------------------------------------------------------------- between rules


def _unheard(rules: Sequence[Rule]) -> Iterator[Problem]:
    """Rules that never take effect, for what others say before them."""
    for number, rule in enumerate(rules):
        if never(rule.when):
            continue
        at: Path = ("rules", number)
        refusing = _refusing(rules, number)
        if refusing is not None:
            yield _error(at, f"never takes effect: “{rules[refusing].id}” refuses all of it", ("rules", refusing))
            continue
        before = {name: _said_before(rules, number, name) for name in _aspects(rule.then)}
        heard = [name for name, other in before.items() if other is None]
        if before and not heard:
            others = dict.fromkeys(other for other in before.values() if other is not None)
            names = _list([f"“{rules[other].id}”" for other in others])
            yield _error(
                at, f"never takes effect: {names} says the same before, and holds as well", ("rules", min(others))
            )
            continue
        for name, other in before.items():
            if other is not None:
                text = f"is never heard: “{rules[other].id}” says it before, and holds as well"
                yield _warning((*at, "then", name), text, ("rules", other))


def _refusing(rules: Sequence[Rule], number: int) -> int | None:
    """A rule that refuses whatever this one holds for; of refusals, one that comes before."""
    rule = rules[number]
    if not rule.then.refuse and not _ABOVE_POLICY.isdisjoint(rule.when.kind or ()):
        return None
    others = range(number) if rule.then.refuse else range(len(rules))
    return next(
        (one for one in others if one != number and rules[one].then.refuse and _wider(rules[one].when, rule.when)), None
    )


def _said_before(rules: Sequence[Rule], number: int, name: str) -> int | None:
    """The rule before this one that says the aspect whenever this one could."""
    return next(
        (
            one
            for one in range(number)
            if getattr(rules[one].then, name) is not None and _wider(rules[one].when, rules[number].when)
        ),
        None,
    )


def _wider(one: When, other: When) -> bool:
    """True where ``one`` holds whenever ``other`` does."""
    return not never(one) and implies(other, one)


def _whole(policy: ReturnsPolicy) -> Iterator[Problem]:
    """What the rules are together."""
    says = [*(rule.then for rule in policy.rules), policy.otherwise]
    if not any(then.pays is Payer.SHOPPER for then in says):
        for at, then in _places(policy):
            if any((then.fee or {}).values()) and then.pays is None:
                yield _warning((*at, "fee"), "is never taken: nothing lets the shopper pay")
    for number, rule in enumerate(policy.rules):
        same = [name for name in _aspects(rule.then) if _changes_nothing(policy, number, name)]
        if same and len(same) == len(_aspects(rule.then)):
            yield _warning(("rules", number), "changes nothing: `otherwise` says the same")
    known: dict[str, int] = {}
    for number, reason in enumerate(policy.reasons):
        if reason.id in known:
            yield _error(("reasons", number, "id"), "is there twice", ("reasons", known[reason.id]))
        known.setdefault(reason.id, number)
    for number, rule in enumerate(policy.rules):
        for at, when in _conditions(("rules", number, "when"), rule.when):
            if strangers := [one for one in when.reason or () if one not in known]:
                yield _warning((*at, "reason"), f"shoppers cannot choose {_list(strangers)} (reasons)")
    for number, sorting in enumerate(policy.dispositions):
        for other, before in enumerate(policy.dispositions[:number]):
            if _fits(sorting.grade, before.grade) and _fits(sorting.category, before.category):
                yield _error(
                    ("dispositions", number), "never takes effect: one before fits too", ("dispositions", other)
                )
                break


def _fits(narrow: Sequence[str] | None, wide: Sequence[str] | None) -> bool:
    return wide is None or (narrow is not None and set(narrow) <= set(wide))


def _changes_nothing(policy: ReturnsPolicy, number: int, name: str) -> bool:
    """True where no rule after this one could say otherwise."""
    own = getattr(policy.rules[number].then, name)
    later = any(getattr(rule.then, name) is not None for rule in policy.rules[number + 1 :])
    return not later and own == getattr(policy.otherwise, name)


def _labels(policy: ReturnsPolicy, providers: Mapping[str, frozenset[ReturnMethod]]) -> Iterator[Problem]:
    """What the provider of labels can do."""
    able = providers.get(policy.label_provider)
    if able is None:
        yield _error(("label_provider",), f"there is no such provider; there are {_list(sorted(providers))}")
        return
    for at, then in _places(policy):
        if missing := [one for one in then.methods or () if one in _LABELS and one not in able]:
            yield _error((*at, "methods"), f"{policy.label_provider} makes no {_list(missing)}", ("label_provider",))
    offered = {one for _, then in _places(policy) for one in then.methods or ()}
    if policy.label_provider == "own" or offered.isdisjoint(_LABELS):
        return
    if not policy.facilities:
        yield _error(("label_provider",), f"{policy.label_provider} needs an address to send to (facilities)")
    for name, place in policy.facilities.items():
        if lacking := [part for part in ("street", "city", "postcode") if not getattr(place, part)]:
            yield _error(("facilities", name), f"{policy.label_provider} needs its {_list(lacking)}")


def _over(policy: ReturnsPolicy, today: date) -> Iterator[Problem]:
    """What was for a time that is over."""
    for at, then in _places(policy):
        if then.window and then.window.at_least_until and then.window.at_least_until < today:
            yield _warning((*at, "window", "at_least_until"), f"has had no effect since {then.window.at_least_until}")
    for number, rule in enumerate(policy.rules):
        asked = rule.when.asked
        if asked and asked.until and asked.until < today:
            yield _warning(("rules", number, "when", "asked", "until"), f"has not held since {asked.until}")


# ------------------------------------------------------------------------------------------------------------- helpers


def _places(policy: ReturnsPolicy) -> Iterator[tuple[Path, Say]]:
    for number, rule in enumerate(policy.rules):
        yield ("rules", number, "then"), rule.then
    yield ("otherwise",), policy.otherwise


def _conditions(at: Path, when: When) -> Iterator[tuple[Path, When]]:
    """A condition and those inside of it."""
    yield at, when
    for name in ("any", "unless"):
        for number, inner in enumerate(getattr(when, name) or ()):
            yield from _conditions((*at, name, number), inner)


def _aspects(then: Say) -> list[str]:
    return [name for name in ASPECTS if getattr(then, name) is not None]


def _list(words: Sequence[str]) -> str:
    return ", ".join(str(word) for word in words)
