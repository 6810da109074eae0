"""What conditions say about each other is what trying all values says: exactly, one condition with another."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from porchlight.domain.policy.conditions import Line, holds
from porchlight.domain.policy.logic import apart, implies, never
from porchlight.domain.policy.model import When
from tests.unit.asked_for import asked, line_facts, order_facts

FIRST = date(2026, 3, 1)
LIMITS = ("above", "at_least", "at_most", "below")


def at(line: dict[str, Any] | None = None, shopper: dict[str, Any] | None = None, **order: Any) -> Line:
    facts = asked(line_facts(**(line or {})), shopper=shopper, **order)
    return Line(facts, order_facts(**order), facts.lines[0])


def spans(values: Iterable[Any], names: Iterable[str] = LIMITS) -> list[dict[str, Any]]:
    """Every span with limits out of these."""
    given = product([None, *values], repeat=len(tuple(names)))
    found = [{name: one for name, one in zip(names, limits, strict=True) if one is not None} for limits in given]
    return [one for one in found if one]


def compared(name: str, conditions: list[Any], lines: list[Line]) -> None:
    """Each pair of conditions of one name, over all that the fact may be."""
    made = [When.model_validate({name: one}) for one in conditions]
    fits = [frozenset(number for number, line in enumerate(lines) if holds(one, line)) for one in made]
    for one, mine in zip(made, fits, strict=True):
        assert bool(never(one)) == (not mine), one
    for (one, mine), (other, theirs) in product(zip(made, fits, strict=True), repeat=2):
        assert implies(one, other) == (mine <= theirs), (one, other)
        assert apart(one, other) == mine.isdisjoint(theirs), (one, other)


def test_counts_are_whole_numbers_from_0_on() -> None:
    compared("orders", spans([1, 2.5], LIMITS), [at(shopper={"orders": number}) for number in range(6)])


def test_shares_are_from_0_to_1() -> None:
    lines = [at(shopper={"returned_share": number / 8}) for number in range(9)]
    compared("returned_share", spans([0.25, 0.5]), lines)
    compared("returned_share", spans([0.0, 1.0]), lines)


def test_scores_end_at_100() -> None:
    compared("risk_score", spans([0, 100]), [at(shopper={"risk_score": number}) for number in range(101)])


def test_days_are_counted_with_both_ends() -> None:
    days = [FIRST + timedelta(days=number) for number in range(1, 4)]
    lines = [at(placed_on=FIRST + timedelta(days=number)) for number in range(5)]
    compared("placed", spans(days, ("since", "until")), lines)


def test_amounts_are_whole_numbers_of_one_currency() -> None:
    limits = [None, {"USD": 1}, {"USD": 2}, {"EUR": 1}, {"USD": 2, "EUR": 0}]
    conditions = [
        {name: one for name, one in (("above", low), ("at_most", high)) if one}
        for low, high in product(limits, limits)
        if low or high
    ]
    lines = [at({"unit_minor": minor}, currency=currency) for minor in range(5) for currency in ("USD", "EUR")]
    compared("item_value", conditions, lines)


def test_words_and_yes_and_no() -> None:
    words = [["a"], ["b"], ["a", "b"], ["b", "c"]]
    compared("category", words, [at({"category": word}) for word in ("a", "b", "c", "d")])
    compared("final_sale", [True, False], [at({"final_sale": one}) for one in (True, False)])


def test_of_several_tags_one_is_enough() -> None:
    lines = [at({"tags": tags}) for tags in ((), ("a",), ("b",), ("a", "b"), ("c",))]
    compared("tags", [["a"], ["b"], ["a", "b"]], lines)


@pytest.mark.parametrize(
    ("one", "other", "within"),
    [
        ("HOME-1", "HOME-*", True),
        ("HOME-1*", "HOME-*", True),
        ("HOME-*", "HOME-*", True),
        ("HOME-*", "HOME-1*", False),
        ("HOME-1", "HOME-?", False),  # true, and not shown: patterns of that kind are not compared
        ("HOME-*", "HOME-?", False),
        ("HOME-?", "HOME-*", True),
        ("TOY-1", "HOME-*", False),
    ],
)
def test_patterns(one: str, other: str, within: bool) -> None:
    assert implies(When(sku=(one,)), When(sku=(other,))) is within
    assert not apart(When(sku=(one,)), When(sku=(other,)))


GOLD, SILVER, GIFT = {"tier": ["gold"]}, {"tier": ["silver"]}, {"gift": True}
ANY, UNLESS = (lambda *ones: {"any": list(ones)}), (lambda *ones: {"unless": list(ones)})
FOUND: list[tuple[dict[str, Any], dict[str, Any], Callable[..., bool], bool]] = [
    ({**GOLD, **GIFT}, GOLD, implies, True),
    (GOLD, {**GOLD, **GIFT}, implies, False),
    (ANY(GOLD, SILVER), {"tier": ["gold", "silver"]}, implies, True),
    (ANY(GOLD, GIFT), GOLD, implies, False),
    (GOLD, ANY(SILVER, GOLD), implies, True),
    (GOLD, ANY(SILVER, GIFT), implies, False),
    ({**ANY(GOLD, SILVER), "tier": ["gold"]}, GOLD, implies, True),
    (GOLD, UNLESS(SILVER), implies, True),
    (GOLD, UNLESS(GIFT), implies, False),
    (UNLESS(GIFT), UNLESS({**GIFT, **GOLD}), implies, True),
    (UNLESS({**GIFT, **GOLD}), UNLESS(GIFT), implies, False),
    (GOLD, UNLESS(ANY(SILVER, {"tier": ["bronze"]})), implies, True),
    (GOLD, UNLESS(ANY(SILVER, GIFT)), implies, False),
    ({"days_since_delivery": {"above": 3}}, {"delivered": True}, implies, True),
    ({"days_since_delivery": {"above": 3}}, {"delivered": False}, implies, False),
    ({"delivered": True}, {"days_since_delivery": {"above": 3}}, implies, False),
    ({"days_since_delivery": {"above": 3}}, {"delivered": False}, apart, True),
    ({"delivered": False}, {"days_since_delivery": {"above": 3}}, apart, True),
    ({"delivered": True}, {"days_since_delivery": {"above": 3}}, apart, False),
    ({"delivered": False}, {"delivered": False}, apart, False),
    (ANY(GOLD, GIFT), SILVER, apart, False),
    (ANY(GOLD, {"tier": ["bronze"]}), SILVER, apart, True),
    ({**GOLD, **GIFT}, {**SILVER, **GIFT}, apart, True),
]


@pytest.mark.parametrize(("one", "other", "relation", "wanted"), FOUND)
def test_conditions_that_are_made_of_others(
    one: dict[str, Any], other: dict[str, Any], relation: Callable[..., bool], wanted: bool
) -> None:
    assert relation(When.model_validate(one), When.model_validate(other)) is wanted


@pytest.mark.parametrize(
    "impossible",
    [
        {**GOLD, **UNLESS(GOLD)},
        {**ANY(GOLD, SILVER), **UNLESS({"tier": ["gold", "silver"]})},
        {**ANY(SILVER), **GOLD},
        ANY({"orders": {"above": 2, "below": 3}}),
    ],
)
def test_what_can_never_hold(impossible: dict[str, Any]) -> None:
    assert never(When.model_validate(impossible))
