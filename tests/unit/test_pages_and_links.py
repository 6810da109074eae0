"""Links that cannot be guessed, pages that tell strangers nothing, and an unsubscribe that scanners cannot press."""

from datetime import timedelta
from typing import Any

import pytest

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction, ConsentRecord, OptIn
from porchlight.domain.consent_rules import allowed
from porchlight.domain.orders import Shopper
from porchlight.domain.preferences import Preferences, address_digest
from porchlight.domain.tokens import sign
from porchlight.errors import NotFoundError, TransientError
from porchlight.services.consent import ConsentDesk
from porchlight.services.experiments import Laboratory
from porchlight.services.links import Links
from porchlight.services.pages import Page, TrackingPage
from porchlight.services.stopping import Unsubscribe
from tests.fakes import (
    FakeBrands,
    FakeCases,
    FakeMetrics,
    FakeOrders,
    FakeRenderer,
    FakeReturns,
    FakeSecrets,
    FakeShipments,
)
from tests.fakes_reaching import FakeExperiments, FakeProfiles
from tests.fakes_returning import FakeLaws
from tests.unit.stories import DAY, NOW, brand, order, parcel, wanted

KEY, OLD = "k" * 40, "o" * 40
URL = "https://track.example"


def links(key: str = KEY, *previous: str) -> Links:
    return Links(FakeSecrets(links={"key": key, "previous": list(previous)}), URL)


def token(kind: str, made: Links | None = None, **update: Any) -> str:
    return (made or links()).of_order(brand(), order(**update))[kind].rpartition("/")[2]


def message_token(kind: str, purpose: Purpose) -> str:
    return (
        links().of_message(brand(), order(), "msg_1", purpose, Channel.EMAIL, "ada@x.example")[kind].rpartition("/")[2]
    )


class TestLinks:
    def test_the_same_order_has_the_same_links(self) -> None:
        assert links().of_order(brand(), order()) == links().of_order(brand(), order(version=9, number="#2"))

    def test_a_link_says_whose_it_is_and_nothing_personal(self) -> None:
        assert links().read("t", token("tracking"), NOW) == {"k": "t", "b": "larkspur", "o": "ord_1"}
        who = {"b": "larkspur", "o": "ord_1", "s": "cus_1"}
        assert links().read("u", token("unsubscribe"), NOW) == {"k": "u", **who}
        assert links().read("p", token("preferences"), NOW) == {"k": "p", **who}
        how = {"u": "marketing", "c": "email", "m": "msg_1", "a": address_digest("larkspur", "ada@x.example")[-4:]}
        assert links().read("u", message_token("unsubscribe", Purpose.MARKETING), NOW) == {"k": "u", **who, **how}
        assert links().read("p", message_token("preferences", Purpose.MARKETING), NOW) == {"k": "p", **who, **how}

    @pytest.mark.parametrize(
        "forged",
        [
            *("", ".", "x", "x.y", "é", "a" * 5000),
            token("tracking")[:-1],
            token("tracking") + "A",
            token("tracking").replace(".", ""),
            token("tracking", links("another" * 9)),
            token("unsubscribe"),
            sign({"b": "larkspur", "o": "ord_1"}, KEY, NOW + DAY),
        ],
    )
    def test_forged_links_are_not_found(self, forged: str) -> None:
        with pytest.raises(NotFoundError):
            links().read("t", forged, NOW)

    def test_a_link_expires_with_its_order(self) -> None:
        last = NOW + brand().link_lifetime
        links().read("t", token("tracking"), last - timedelta(seconds=1))
        with pytest.raises(NotFoundError):
            links().read("t", token("tracking"), last)

    def test_a_rotated_key_still_reads_what_it_signed_until_it_is_gone(self) -> None:
        signed_before = token("tracking", links(OLD))
        assert links(KEY, OLD).read("t", signed_before, NOW)["o"] == "ord_1"
        assert token("tracking", links(KEY, OLD)) == token("tracking", links(KEY))
        with pytest.raises(NotFoundError):
            links(KEY).read("t", signed_before, NOW)

    @pytest.mark.parametrize("secrets", [FakeSecrets(), FakeSecrets(links={}), FakeSecrets(links={"key": ""})])
    def test_without_a_key_it_is_our_fault(self, secrets: FakeSecrets) -> None:
        with pytest.raises(TransientError):
            Links(secrets, URL).read("t", token("tracking"), NOW)
        with pytest.raises(TransientError):
            Links(secrets, URL).of_order(brand(), order())


class World:
    def __init__(self) -> None:
        self.orders, self.returns, self.metrics = FakeOrders(), FakeReturns(), FakeMetrics()
        self.shipments, self.orders.returns = FakeShipments(self.orders), self.returns
        self.orders.save(order(), Shopper(brand="larkspur", shopper_id="cus_1", email="ada@x.example"))
        self.shipments.save(parcel(), due_at=None, link=True)
        brands, renderer = FakeBrands(brand()), FakeRenderer()
        self.profiles = FakeProfiles(self.orders)
        self.tracking = TrackingPage(
            *(self.orders, self.shipments, self.returns, FakeCases(), brands, renderer, links(), self.metrics),
            profiles=self.profiles,
            laboratory=Laboratory(FakeExperiments(), self.profiles),
            laws=FakeLaws(),
        )
        desk = ConsentDesk(self.profiles, self.metrics)
        self.unsubscribe = Unsubscribe(desk, brands, renderer, links(), self.metrics)

    @property
    def ledger(self) -> list[ConsentRecord]:
        return self.profiles.ledger("larkspur", "cus_1")

    @property
    def stopped(self) -> set[str]:
        standings = self.profiles.get("larkspur", "cus_1").standings
        return {key.partition("/")[0] for key, one in standings.items() if one.action is ConsentAction.WITHDRAWN}


@pytest.fixture
def world() -> World:
    return World()


class TestTrackingPage:
    def test_it_shows_the_order(self, world: World) -> None:
        world.returns.create(wanted())
        page = world.tracking.show(token("tracking"), NOW)
        assert (page.status, page.html) == (200, "<h1>tracking</h1>")
        assert page.policy
        assert world.metrics.total("PageViews", page="tracking") == 1

    def test_an_order_without_parcels_has_a_page(self) -> None:
        world = World()
        world.orders.parcels.clear()
        assert world.tracking.show(token("tracking"), NOW).status == 200

    def test_strangers_learn_nothing_from_the_difference(self, world: World) -> None:
        never = token("tracking", order_id="ord_none")
        other = sign({"k": "t", "b": "nobrand", "o": "ord_1"}, KEY, NOW + DAY)
        pages = [
            world.tracking.show("x.y", NOW),
            world.tracking.show(never, NOW),
            world.tracking.show(other, NOW),
            world.tracking.show(token("unsubscribe"), NOW),
            world.tracking.show(token("tracking"), NOW + 400 * DAY),
            world.unsubscribe.show("x.y", NOW),
            world.unsubscribe.change("x.y", False, NOW),
        ]
        assert set(pages) == {Page("<h1>not_found</h1>", FakeRenderer().policy, 404)}


class TestUnsubscribe:
    def test_looking_changes_nothing(self, world: World) -> None:
        for _ in range(3):
            assert world.unsubscribe.show(token("unsubscribe"), NOW).status == 200
        assert not world.stopped
        assert not world.ledger

    def test_once_twice_and_undone(self, world: World) -> None:
        for minute, (on, expected) in enumerate(
            ((False, {"service"}), (False, {"service"}), (True, set()), (True, set()))
        ):
            now = NOW + timedelta(minutes=minute)
            assert world.unsubscribe.change(token("unsubscribe"), on, now).status == 200
            assert world.stopped == expected
        assert world.metrics.total("Unsubscribes", change="off", purpose="service") == 1
        assert world.metrics.total("Unsubscribes", change="on") == 1
        assert [(one.action, one.source) for one in world.ledger] == [
            ("withdrawn", "one_click"),
            ("granted", "one_click"),
        ]

    @pytest.mark.parametrize("purpose", Purpose)
    def test_a_link_stops_what_it_came_with_and_the_ledger_says_with_which_message(
        self, world: World, purpose: Purpose
    ) -> None:
        world.unsubscribe.change(message_token("unsubscribe", purpose), False, NOW)
        assert world.stopped == {purpose.value}
        (record,) = world.ledger
        assert (record.purpose, record.channel, record.proof) == (purpose, Channel.EMAIL, "msg_1")
        assert record.wording == f"unsubscribe.{purpose.value}.ask_button"
        assert "ada@x.example" not in record.model_dump_json()

    def test_taking_it_back_from_a_message_proves_the_address(self, world: World) -> None:
        stop = message_token("unsubscribe", Purpose.MARKETING)
        for minute, on in enumerate((False, True)):
            world.unsubscribe.change(stop, on, NOW + timedelta(minutes=minute))
        assert world.ledger[-1].confirmed
        digest = address_digest("larkspur", "ada@x.example")
        standing = world.profiles.get("larkspur", "cus_1").standing(Purpose.MARKETING, Channel.EMAIL)
        assert allowed(Channel.EMAIL, OptIn.DOUBLE, standing, digest).allowed

    def test_taking_it_back_switches_the_purpose_on_again(self, world: World) -> None:
        profile = world.profiles.get("larkspur", "cus_1")
        off = Preferences(off=frozenset({Purpose.SERVICE, Purpose.MARKETING}))
        world.profiles.save(profile.model_copy(update={"preferences": off, "version": 1}))
        world.unsubscribe.change(token("unsubscribe"), True, NOW)
        assert world.profiles.get("larkspur", "cus_1").preferences.off == {Purpose.MARKETING}

    def test_one_click_counts_for_everybody_with_that_mailbox(self, world: World) -> None:
        # Given somebody who has bought as a guest, too: for the shop two customers, in the mailbox one
        guest = Shopper(brand="larkspur", shopper_id="cus_2", email="Ada@x.example")
        world.orders.save(order(order_id="ord_2", shopper_id="cus_2"), guest)
        # When they stop offers
        world.unsubscribe.change(message_token("unsubscribe", Purpose.MARKETING), False, NOW)
        # Then none go there
        for shopper_id in ("cus_1", "cus_2"):
            standing = world.profiles.get("larkspur", shopper_id).standing(Purpose.MARKETING, Channel.EMAIL)
            assert standing
            assert standing.action is ConsentAction.WITHDRAWN

    def test_one_click_is_kept_where_the_purpose_was_off_already(self, world: World) -> None:
        # Given a purpose that is off, by the shop's doing
        profile = world.profiles.get("larkspur", "cus_1")
        off = Preferences(off=frozenset({Purpose.MARKETING}))
        world.profiles.save(profile.model_copy(update={"preferences": off, "version": 1}))
        # When they say so themselves
        world.unsubscribe.change(message_token("unsubscribe", Purpose.MARKETING), False, NOW)
        # Then it stays said, whatever the shop does next
        assert world.stopped == {"marketing"}

    def test_a_link_to_a_page_is_no_link_to_unsubscribe(self, world: World) -> None:
        assert world.unsubscribe.change(token("tracking"), False, NOW).status == 404
        assert not world.stopped
