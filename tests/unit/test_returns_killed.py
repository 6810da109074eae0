"""Killed between any two steps, a return comes to the same end: nothing is lost, and nothing happens twice."""

from collections.abc import Callable
from typing import Any

import pytest

from porchlight.domain.milestones import Milestone
from porchlight.domain.rma.names import Grade, SettlementState
from tests.unit.returning import ONE, Killer, World, wanted, world

# -------------------------------------------------------------------------------------------------------------- killed


def _refund(here: World) -> None:
    rma = here.ask()
    here.carrier(rma, Milestone.PRE_TRANSIT)
    here.carrier(rma)


def _reviewed(here: World) -> None:
    rma = here.ask()
    here.later(days=2)
    here.decide(rma, True)
    here.carrier(rma)


def _inspected(here: World) -> None:
    rma = here.ask()
    here.carrier(rma)
    here.receive(rma, ONE)
    here.inspect(rma, ONE.model_copy(update={"grade": Grade.WORN, "deduct_minor": 1_000}))


def _exchanged(here: World) -> None:
    here.carrier(here.ask(**wanted(13_000)))


def _captured(here: World) -> None:
    here.ask(**(wanted(8_000) | {"resolution": "instant_exchange"}))
    here.later(days=30)


def _called_off(here: World) -> None:
    here.cancel(here.ask())


def _accepted(here: World) -> None:
    here.provider.state = SettlementState.ACCEPTED
    here.carrier(here.ask())
    here.provider.state = SettlementState.DONE
    here.later(days=1)


def _late(here: World) -> None:
    rma = here.ask()
    here.later(days=30)
    here.receive(rma, ONE)
    here.decide(rma, True)


LIVES: dict[str, tuple[dict[str, Any], Callable[[World], None]]] = {
    "refund": ({}, _refund),
    "reviewed": ({"review": "look"}, _reviewed),
    "inspected": ({"refund_on": "inspected"}, _inspected),
    "exchanged": ({}, _exchanged),
    "captured": ({}, _captured),
    "called off": ({}, _called_off),
    "accepted": ({}, _accepted),
    "late": ({}, _late),
}


def _end(here: World) -> tuple[Any, ...]:
    """What became of it: the same, whenever something was killed on the way."""
    (request,) = here.returns.records.values()
    settled = [(one.kind, one.state, one.amount) for one in request.settlements]
    decisions = [(one.rule, one.outcome) for one in request.decisions]
    told = sorted(one for one in here.told if one != "ReturnNews")
    ended = (
        request.state,
        bool(request.closed_at),
        request.review,
        len(here.labels.made),
        len(set(here.labels.voided)),
    )
    return (*ended, settled, decisions, here.moved(), told)


@pytest.mark.parametrize("after_call", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("life", LIVES)
def test_killed_between_any_two_steps_it_comes_to_the_same_end(life: str, after_call: bool) -> None:
    says, lived = LIVES[life]
    usual = world(provider="shop", **says)
    counted = Killer(usual, 0, after_call=False)
    lived(usual)
    end, calls = _end(usual), -counted.left
    assert calls > 8
    for at in range(1, calls + 1):
        here = world(provider="shop", **says)
        killer = Killer(here, at, after_call=after_call)
        lived(here)
        assert killer.fired
        assert _end(here) == end, f"killed at call {at}"
        assert not any(one.token for one in here.executions.values())
