"""What orders and returns add up to for their shopper, told by the stream: each once, whatever is repeated."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from porchlight.adapters.dynamodb.table import item
from porchlight.domain.orders import Order
from porchlight.domain.preferences import Profile
from porchlight.domain.segments import Segment, Traits
from porchlight.domain.traits import KEPT, with_order
from porchlight.errors import ConflictError
from porchlight.services.traits import learn
from tests.fakes import FakeOrders
from tests.fakes_reaching import FakeProfiles
from tests.unit.stories import DAY, NOW, order, usd, wanted


def change(kind: str, old: BaseModel | None, new: BaseModel) -> dict[str, Any]:
    """A stream record as the table writes it."""
    images = {"NewImage": item("p", "s", kind, new)}
    return {"dynamodb": images | ({"OldImage": item("p", "s", kind, old)} if old else {})}


def nth(number: int, **update: Any) -> Order:
    return order(order_id=f"ord_{number}", placed_at=NOW + number * DAY, **update)


def profiles() -> FakeProfiles:
    return FakeProfiles(FakeOrders())


def traits_of(known: FakeProfiles) -> Traits:
    return known.get("larkspur", "cus_1").traits


def test_orders_and_returns_add_up() -> None:
    known = profiles()
    for record in (
        change("order", None, nth(0)),
        change("order", None, nth(4, tier="elite", total=usd(6_000))),
        change("return", None, wanted()),
    ):
        learn(record, known)
    found = traits_of(known)
    assert (found.orders, found.spent, found.returns, found.tier) == (2, {"USD": 30_000}, 1, "elite")
    assert (found.first_order_at, found.last_order_at, found.cadence_days) == (NOW, NOW + 4 * DAY, 4)


@given(st.lists(st.sampled_from(range(6)), min_size=6, max_size=40))
def test_a_repeat_counts_once_whatever_the_order(told: list[int]) -> None:
    """Given six records that come again and again, shuffled, then they count as if each had come once."""
    records = [change("order", None, nth(number)) for number in range(5)] + [change("return", None, wanted())]
    known, once = profiles(), profiles()
    for number in told:
        learn(records[number], known)
    for number in sorted(set(told)):
        learn(records[number], once)
    plain = {"counted"}
    assert traits_of(known).model_dump(exclude=plain) == traits_of(once).model_dump(exclude=plain)


def test_what_is_cancelled_counts_no_more() -> None:
    known = profiles()
    learn(change("order", None, nth(0)), known)
    learn(change("order", None, nth(1)), known)
    ended = change("order", nth(1), nth(1, cancelled_at=NOW, version=2))
    learn(ended, known)
    learn(ended, known)
    learn(change("order", nth(1, cancelled_at=NOW), nth(1, cancelled_at=NOW, version=3)), known)
    assert (traits_of(known).orders, traits_of(known).spent) == (1, {"USD": 24_000})
    learn(change("order", None, nth(2, cancelled_at=NOW)), known)
    assert traits_of(known).orders == 1


def test_a_markdown_buyer_is_one_whose_pieces_were_mostly_reduced() -> None:
    shirt, hat = order().lines
    reduced = shirt.model_copy(update={"list_price": usd(12_000)})
    other_money = shirt.model_copy(update={"list_price": usd(12_000).model_copy(update={"currency": "EUR"})})
    cases = [((reduced, hat), 1), ((shirt, hat), 0), ((other_money, hat), 0), ((reduced, shirt), 0)]
    for number, (lines, counted) in enumerate(cases):
        assert with_order(Traits(), nth(number, lines=lines)).marked_down == counted
    mostly = with_order(Traits(), nth(1, lines=(reduced, hat)))
    assert Segment(markdown_share=0.5).holds(mostly, NOW)


def test_other_news_of_an_order_is_not_read() -> None:
    known = profiles()
    learn(change("order", nth(0), nth(0, version=2)), known)
    learn(change("shipment", None, wanted()), known)
    learn({"dynamodb": {}}, known)
    assert known.records == {}


def test_nothing_is_learned_of_who_was_forgotten() -> None:
    known = profiles()
    known.save(Profile(brand="larkspur", shopper_id="cus_1", erased_at=NOW, version=1))
    learn(change("order", None, nth(0)), known)
    assert traits_of(known) == Traits()


def test_a_shopper_with_ten_thousand_orders_stays_small() -> None:
    traits = Traits()
    for number in range(KEPT + 50):
        traits = with_order(traits, nth(number))
    assert (traits.orders, len(traits.counted)) == (KEPT + 50, KEPT)


def test_who_is_overtaken_reads_anew() -> None:
    """Given a profile that changed between read and write, then neither change is lost."""
    known = profiles()
    save, first = known.save, [True]

    def overtaken(profile: Profile, records: Any = ()) -> None:
        if first.pop() if first else False:
            save(Profile(brand="larkspur", shopper_id="cus_1", traits=Traits(returns=7), version=1))
            raise ConflictError("profile changed")
        save(profile, records)

    known.save = overtaken  # type: ignore[method-assign]
    learn(change("order", None, nth(0)), known)
    assert (traits_of(known).orders, traits_of(known).returns) == (1, 7)
