"""What orders and returns add up to for risk, told by the stream: each once, whatever is repeated."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.orders import Order
from porchlight.domain.return_history import History
from porchlight.domain.returns import Decision, Outcome, Return, ReturnState
from porchlight.domain.rma.goods import Inspection, ItemFound
from porchlight.domain.rma.names import Discrepancy, Grade, Resolution, ReturnKind, ReturnMethod
from porchlight.domain.rma.settlements import Parts
from porchlight.errors import ConflictError
from porchlight.services.return_history import remember
from tests.fakes_returning import FakeHistories
from tests.unit.stories import DAY, NOW, order, usd, wanted
from tests.unit.test_traits import change

YES = Decision(outcome=Outcome.APPROVE, rule="standard", policy_version="1", decided_at=NOW)
PLAIN = {"version", "counted"}


def nth(number: int, **update: Any) -> Order:
    return order(order_id=f"ord_{number}", placed_at=NOW + number * DAY, **update)


def approved(number: int = 1, **update: Any) -> Return:
    values: dict[str, Any] = {
        "return_id": f"rma_{number}",
        "state": ReturnState.APPROVED,
        "decisions": (YES,),
        "parts": Parts(currency="USD", items=10_000, fee=-500),
    }
    return wanted(**{**values, **update})


def story(*records: dict[str, Any]) -> History:
    known = FakeHistories()
    for record in records:
        remember(record, known, NOW)
    return known.get("larkspur", "cus_1")


def test_orders_add_up_and_those_that_were_cancelled_count_no_more() -> None:
    found = story(
        change("order", None, nth(0)),
        change("order", None, nth(2)),
        change("order", None, nth(3, cancelled_at=NOW)),
        change("order", nth(2), nth(2, cancelled_at=NOW, version=2)),
    )
    assert (found.orders, found.bought_minor, found.first_order_on) == (1, {"USD": 24_000}, date(2026, 3, 2))
    assert found.last_orders == ("2026-03-02T12:00:00Z#ord_0",)


def test_what_was_sent_in_exchange_was_not_bought() -> None:
    assert story(change("order", None, nth(0, exchange_of="rma_1"))).orders == 0


def test_a_return_counts_while_it_is_approved_and_not_given_up() -> None:
    asked, yes, gone = wanted(), approved(), approved(state=ReturnState.EXPIRED)
    assert story(change("return", None, asked)).returns == 0
    found = story(change("return", None, asked), change("return", asked, yes))
    assert (found.returns, found.returned_minor, found.returned_orders) == (1, {"USD": 10_000}, ("ord_1",))
    left = story(change("return", None, asked), change("return", asked, yes), change("return", yes, gone))
    assert (left.returns, left.returned_minor, left.returned_orders) == (0, {"USD": 0}, ())
    revived = approved(state=ReturnState.RECEIVED)
    records = [change("return", asked, yes), change("return", yes, gone), change("return", gone, revived)]
    assert story(*records).returned_minor == {"USD": 10_000}


def test_who_exchanges_has_bought_something_all_the_same() -> None:
    found = story(change("return", None, approved(resolution=Resolution.EXCHANGE)))
    assert (found.returns, found.returned_minor) == (1, {})


def test_what_is_defective_is_nobodys_habit() -> None:
    worn = Inspection(
        inspection_id="i1",
        inspected_at=NOW,
        items=(ItemFound(line_id="shirt", order_id="ord_1", quantity=1, grade=Grade.WORN),),
    )
    found = story(change("return", None, approved(kind=ReturnKind.WARRANTY, inspections=(worn,))))
    assert found == History(brand="larkspur", shopper_id="cus_1")


@pytest.mark.parametrize(
    ("state", "claims"),
    [
        (ReturnState.REQUESTED, 0),
        (ReturnState.IN_REVIEW, 0),
        (ReturnState.CANCELLED, 0),
        (ReturnState.REFUNDED, 1),
        (ReturnState.REFUSED, 1),
    ],
)
def test_a_claim_counts_once_it_was_decided(state: ReturnState, claims: int) -> None:
    found = story(change("return", wanted(kind=ReturnKind.CLAIM), wanted(kind=ReturnKind.CLAIM, state=state)))
    assert (len(found.claims), found.returns) == (claims, 0)


def test_kept_goods_worn_items_and_empty_boxes_leave_their_days() -> None:
    inspection = Inspection(
        inspection_id="i1",
        inspected_at=NOW + 3 * DAY,
        items=(
            ItemFound(line_id="shirt", order_id="ord_1", quantity=2, grade=Grade.WORN),
            ItemFound(line_id="hat", order_id="ord_1", quantity=1, grade=Grade.DAMAGED),
            ItemFound(note="a brick", quantity=1, grade=Grade.WORN),
        ),
        discrepancies=(Discrepancy.WRONG_ITEM,),
    )
    back = approved()
    kept = approved(2, method=ReturnMethod.KEEP, state=ReturnState.REFUNDED)
    found = story(
        change("return", back, back.model_copy(update={"inspections": (inspection,), "version": 2})),
        change("return", None, kept),
    )
    later = (NOW + 3 * DAY).date()
    assert (found.worn, found.empty, found.kept) == ((later, later), (later,), (NOW.date(),))


@pytest.mark.parametrize("told", [[0, 1], [0, 1, 0, 1], [1, 0]])
def test_what_an_inspection_was_wrong_about_is_taken_back(told: list[int]) -> None:
    def said(number: int, grade: Grade, **more: Any) -> Inspection:
        item = ItemFound(line_id="shirt", quantity=2, grade=grade)
        return Inspection(inspection_id=f"i{number}", inspected_at=NOW, items=(item,), **more)

    # Given two shirts that were taken for worn, and were not
    before, wrong = approved(), approved(inspections=(said(1, Grade.WORN),))
    right = approved(inspections=(said(1, Grade.WORN), said(2, Grade.NEW, replaces="i1")))
    assert len(story(change("return", before, wrong)).worn) == 2
    records = [change("return", before, wrong), change("return", wrong, right)]
    assert story(*(records[one] for one in told)).worn == ()


def test_a_missing_item_and_one_too_many_say_nothing_of_the_shopper() -> None:
    for harmless in (Discrepancy.MISSING_ITEM, Discrepancy.EXTRA_ITEM, Discrepancy.WEIGHT_MISMATCH):
        one = Inspection(inspection_id="i1", inspected_at=NOW, items=(), discrepancies=(harmless,))
        assert story(change("return", None, approved(inspections=(one,)))).empty == ()


@given(st.lists(st.sampled_from(range(6)), min_size=6, max_size=30))
def test_a_repeat_counts_once_whatever_the_order(told: list[int]) -> None:
    """Given records that come again and again, shuffled, then they count as if each had come once."""
    records = [change("order", None, nth(number)) for number in range(4)]
    records += [change("return", None, approved(1)), change("return", None, approved(2, method=ReturnMethod.KEEP))]
    known, once = FakeHistories(), FakeHistories()
    for number in told:
        remember(records[number], known, NOW)
    for number in sorted(set(told)):
        remember(records[number], once, NOW)
    key = ("larkspur", "cus_1")
    assert known.get(*key).model_dump(exclude=PLAIN) == once.get(*key).model_dump(exclude=PLAIN)


def test_addresses_and_means_of_payment_are_known_by_their_digests() -> None:
    known = FakeHistories()
    for shopper in ("cus_1", "cus_2"):
        ordered = order(order_id=f"ord_{shopper}", shopper_id=shopper, fingerprints=("aa", "bb"))
        remember(change("order", None, ordered), known, NOW)
    assert known.sharing("larkspur", ["aa", "bb", "cc"]) == {"aa": 2, "bb": 2, "cc": 0}
    assert known.get("larkspur", "cus_1").fingerprints == ("aa", "bb")


def test_nothing_is_counted_for_who_was_forgotten() -> None:
    known = FakeHistories()
    remember(change("order", None, order(fingerprints=("aa",))), known, NOW)
    known.erase("larkspur", "cus_1", NOW)
    remember(change("order", None, nth(5, fingerprints=("aa",))), known, NOW)
    remember(change("return", None, approved()), known, NOW)
    found = known.get("larkspur", "cus_1")
    assert found == History(brand="larkspur", shopper_id="cus_1", erased_at=NOW, version=found.version)
    assert known.sharing("larkspur", ["aa"]) == {"aa": 0}


def test_other_news_of_an_order_is_not_read() -> None:
    known = FakeHistories()
    remember(change("order", nth(0), nth(0, version=2)), known, NOW)
    remember(change("shipment", None, wanted()), known, NOW)
    remember({"dynamodb": {}}, known, NOW)
    assert known.records == {}


def test_a_shopper_with_thousands_of_orders_stays_small() -> None:
    known = FakeHistories()
    for number in range(400):
        remember(change("order", None, nth(number)), known, NOW)
        remember(
            change("return", None, approved(number, method=ReturnMethod.KEEP, state=ReturnState.REFUNDED)), known, NOW
        )
    found = known.get("larkspur", "cus_1")
    assert (found.orders, found.returns, found.bought_minor) == (400, 400, {"USD": 400 * 24_000})
    assert len(found.model_dump_json()) < 20_000


def test_who_is_overtaken_reads_anew() -> None:
    """Given a history that changed between read and write, then neither change is lost."""
    known = FakeHistories()
    save, first = known.save, [True]

    def overtaken(history: History) -> None:
        if first.pop() if first else False:
            save(History(brand="larkspur", shopper_id="cus_1", returns=7, version=1))
            raise ConflictError("history changed")
        save(history)

    known.save = overtaken  # type: ignore[method-assign]
    remember(change("order", None, nth(0)), known, NOW)
    found = known.get("larkspur", "cus_1")
    assert (found.orders, found.returns) == (1, 7)


def test_days_that_nothing_looks_at_any_more_are_let_go() -> None:
    old = wanted(kind=ReturnKind.CLAIM, state=ReturnState.REFUNDED, return_id="rma_0")
    new = old.model_copy(update={"return_id": "rma_9", "requested_at": NOW + timedelta(days=500)})
    assert story(change("return", None, old), change("return", None, new)).claims == (
        (NOW + timedelta(days=500)).date(),
    )


def test_money_of_two_currencies_is_kept_apart() -> None:
    euros = usd(9_000).model_copy(update={"currency": "EUR"})
    found = story(change("order", None, nth(0)), change("order", None, nth(1, currency="EUR", total=euros)))
    assert found.bought_minor == {"USD": 24_000, "EUR": 9_000}


def test_a_change_that_says_nothing_costs_no_read() -> None:
    """Given a label that is made, a scan, a booking, then nobody's history is looked at."""
    known = FakeHistories()
    known.get = None  # type: ignore[assignment, method-assign]
    yes = approved()
    for update in ({"scanned_at": NOW}, {"state": ReturnState.IN_TRANSIT}, {"state": ReturnState.REFUNDED}):
        remember(change("return", yes, yes.model_copy(update=update)), known, NOW)
    remember(change("return", None, wanted()), known, NOW)


def test_a_return_of_long_ago_that_is_inspected_does_not_count_again() -> None:
    """Given a shopper of whom so much was told since that the id of a return is let go, then it still counts once."""
    known, old = FakeHistories(), approved()
    remember(change("return", None, old), known, NOW)
    for number in range(250):
        remember(change("order", None, nth(number)), known, NOW)
    remember(change("return", old, old.model_copy(update={"scanned_at": NOW})), known, NOW)
    assert known.get("larkspur", "cus_1").returns == 1
