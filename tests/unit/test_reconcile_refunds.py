"""authorized = executed = booked: what is stuck, missing or too much is found; what is as it should be is let go."""

from datetime import timedelta

import pytest

from porchlight.domain.brands import BrandConfig
from porchlight.domain.returns import ReturnState, Wanted
from porchlight.domain.rma.names import Resolution, SettlementKind, SettlementState
from porchlight.errors import TransientError
from porchlight.services.money_news import MoneyDesk
from porchlight.services.reconcile_refunds import Reconciler, Report
from tests.unit.settling import BRAND, CONFIG, NOW, Desk, eur, order

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
State = SettlementState


def desk_at(provider: str = "webhook", source: str = "api") -> Desk:
    more = {"shopify": {"shop": "larkspur.myshopify.com"}}.get(provider, {})
    config = BrandConfig.model_validate(CONFIG.model_dump(mode="json") | {"refunds": {"provider": provider, **more}})
    found = Desk(config)
    found.order(source=source)
    found.approved("rma_1")
    return found


def run(desk: Desk, after: timedelta) -> Report:
    news = MoneyDesk(desk.settlements, desk.brands, desk.metrics)
    made = Reconciler(desk.settlements, news, desk.brands, lambda *_: desk.provider, desk.metrics)
    return made.run(NOW + after)


def whys(report: Report) -> list[str]:
    return [one.why for one in report.differences]


def test_what_is_as_it_should_be_is_looked_at_once_and_let_go() -> None:
    desk = desk_at()
    desk.settle()
    assert run(desk, 19 * HOUR).ledgers == 0  # it has not rested yet
    report = run(desk, 20 * HOUR)
    assert (report.ledgers, report.entries, report.differences) == (1, 1, ())
    assert run(desk, 9 * DAY).ledgers == 0
    assert desk.metrics.total("RefundsStuck") == 0


@pytest.mark.parametrize("provider_answers", [True, False])
def test_what_is_asked_for_and_never_done_is_stuck(*, provider_answers: bool) -> None:
    desk = desk_at()
    desk.provider.state = State.ACCEPTED
    if provider_answers:
        desk.settle()
    else:
        desk.provider.fails = [TransientError("no answer")]
        with pytest.raises(TransientError):
            desk.settle()
    assert whys(run(desk, 20 * HOUR)) == []
    report = run(desk, 2 * DAY)
    assert (whys(report), report.stuck) == (["stuck"], 1)
    assert (report.differences[0].return_id, report.differences[0].minor) == ("rma_1", 5_000)
    assert desk.metrics.total("RefundsStuck") == 1
    entry = next(iter(desk.ledgers.records[BRAND, "ord_1"].entries.values()))
    assert entry.differs == "stuck"
    # It is looked at each day, until it is done
    assert whys(run(desk, 3 * DAY)) == ["stuck"]
    desk.provider.state = State.DONE
    if not provider_answers:
        desk.settle()
    assert whys(run(desk, 4 * DAY)) == []
    assert desk.get().state is ReturnState.REFUNDED


def test_what_was_accepted_is_asked_about_and_recorded() -> None:
    desk = desk_at()
    desk.provider.state = State.ACCEPTED
    desk.settle()
    desk.provider.state = State.DONE
    run(desk, DAY)
    assert desk.get().state is ReturnState.REFUNDED
    assert len(desk.provider.calls) == 1


def test_what_was_done_and_is_undone_is_found() -> None:
    """Given a refund that was sent back by the bank without a word to us, then people are asked."""
    desk = desk_at()
    desk.settle()
    desk.provider.state, desk.provider.why = State.FAILED, "account_closed"
    run(desk, DAY)
    request = desk.get()
    assert request.review
    assert (request.review.why, desk.left()) == ("account_closed", 12_500)


def test_whoever_would_do_it_again_is_not_asked_about_what_is_done() -> None:
    desk = desk_at()
    desk.settle()
    desk.provider.looks = False
    run(desk, DAY)
    assert desk.provider.looked == []


def test_a_provider_that_does_not_answer_is_asked_tomorrow() -> None:
    desk = desk_at()
    desk.provider.state = State.ACCEPTED
    desk.settle()
    desk.provider.look = lambda *_: (_ for _ in ()).throw(TransientError("down"))  # type: ignore[method-assign]
    assert whys(run(desk, 20 * HOUR)) == []
    assert run(desk, 3 * DAY).ledgers == 1


def test_a_refund_in_the_shop_that_the_shop_never_reports_is_a_difference() -> None:
    desk = desk_at("shopify", "shopify")
    desk.settle()
    assert whys(run(desk, DAY)) == []
    assert whys(run(desk, 4 * DAY)) == ["not_booked"]
    assert desk.metrics.total("RefundsDiffer", why="not_booked") == 1
    # When the shop reports it after all, all is well
    desk.orders.save(order(source="shopify", refunds={"929361462": eur(5_000)}, version=2))
    assert whys(run(desk, 5 * DAY)) == []
    assert run(desk, 9 * DAY).ledgers == 0


def test_a_shop_that_pays_back_what_we_paid_back_as_well_is_a_difference() -> None:
    desk = desk_at()
    desk.settle()
    desk.orders.save(order(refunds={"re_1": eur(12_500)}, version=2))  # all of it, by hand
    report = run(desk, DAY)
    assert whys(report) == ["above_paid"]
    assert desk.metrics.total("RefundsDiffer", why="above_paid") == 1


def test_kinds_without_money_of_the_order_are_watched_too() -> None:
    desk = desk_at()
    desk.approved("rma_2", resolution=Resolution.REPLACE)
    desk.provider.state = State.ACCEPTED
    desk.settle("rma_2", SettlementKind.REPLACE)
    assert desk.left() == 12_500
    assert whys(run(desk, 2 * DAY)) == ["stuck"]


def test_of_an_exchange_that_was_captured_nothing_stays_open() -> None:
    desk = desk_at()
    wanted = desk.get().lines[0].model_copy(update={"wanted": Wanted(sku="S-M")})
    desk.approved("rma_2", wanted, resolution=Resolution.INSTANT_EXCHANGE)
    for kind in (SettlementKind.HOLD, SettlementKind.EXCHANGE, SettlementKind.CAPTURE):
        assert desk.settle("rma_2", kind) == "done"
    assert whys(run(desk, 3 * DAY)) == []
    assert desk.left() == 12_500


def test_a_return_that_says_otherwise_than_its_ledger_is_a_difference() -> None:
    desk = desk_at()
    desk.settle()
    failed = desk.get().settlements[0].model_copy(update={"state": State.FAILED})
    desk.change(settlements=(failed,))
    desk.provider.state = State.FAILED
    assert whys(run(desk, DAY)) == ["state_differs"]
    desk.change(settlements=())
    assert whys(run(desk, 2 * DAY)) == ["no_settlement"]


def test_what_there_is_no_time_for_is_left_to_the_next_run() -> None:
    desk = desk_at()
    desk.settle()
    news = MoneyDesk(desk.settlements, desk.brands, desk.metrics)
    made = Reconciler(desk.settlements, news, desk.brands, lambda *_: desk.provider, desk.metrics)
    assert made.run(NOW + DAY, lambda: False).ledgers == 0
    assert made.run(NOW + DAY).ledgers == 1


def test_what_is_not_there_any_more_is_told_and_not_paid_again() -> None:
    """Given a refund that was deleted in the shop, or made by the provider before, then no money came back with it."""
    desk = desk_at()
    desk.settle()
    desk.provider.state, desk.provider.why = State.FAILED, "refund-gone"
    assert whys(run(desk, DAY)) == ["gone"]
    request = desk.get()
    assert (request.state, request.review, request.settlements[0].state) == (ReturnState.REFUNDED, None, State.DONE)
    assert desk.left() == 7_500
    desk.provider.state, desk.provider.why = State.DONE, ""
    assert whys(run(desk, 2 * DAY)) == []
