"""/v1/shoppers and /v1/consents: what is taken, what is refused, and that the same again changes nothing."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from porchlight.connectors import InboundRequest
from porchlight.domain import ids
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import OptIn
from porchlight.domain.consent_rules import allowed
from porchlight.domain.orders import Shopper
from porchlight.domain.preferences import address_digest
from porchlight.domain.return_history import History
from porchlight.domain.returns import Label, ReturnLine
from porchlight.errors import ForbiddenError, InvalidInputError, NotFoundError, PayloadTooLargeError, SignatureError
from porchlight.returning import SenderAddress
from porchlight.services.consent import ConsentDesk
from porchlight.services.import_consents import MOST_CONSENTS
from porchlight.services.return_papers import ReturnPapers
from porchlight.services.shopper_api import ShopperApi
from porchlight.services.shoppers import MOST_TARGETS, ShopperDesk
from tests.fakes import FakeMetrics, FakeOrders, FakeReturns, FakeSecrets
from tests.fakes_reaching import FakeProfiles
from tests.fakes_returning import FakeAddresses, FakeDocuments, FakeHistories
from tests.unit.stories import NOW, order, wanted

KEY = "plk_" + "a" * 30
SCOPES = ["shoppers:read", "shoppers:write", "shoppers:erase", "consents:write"]
EMAIL, MOBILE = "ada@x.example", "+447400123456"
ADA = ids.shopper_id("larkspur", "7")
BROWSER = {"channel": "web_push", "target": "https://push.example/1", "p256dh": "BPub", "auth": "c2Vj"}
DEVICE = {"channel": "push", "target": "arn:aws:sns:eu-central-1:1:endpoint/GCM/app/1"}


class World:
    def __init__(self, *scopes: str) -> None:
        self.orders = FakeOrders()
        self.profiles, self.metrics = FakeProfiles(self.orders), FakeMetrics()
        digest = hashlib.sha256(KEY.encode()).hexdigest()
        key = {"id": "shop", "brand": "larkspur", "sha256": digest, "scopes": list(scopes or SCOPES)}
        desk = ConsentDesk(self.profiles, self.metrics)
        self.histories = FakeHistories()
        self.returns, self.addresses, self.documents = FakeReturns(), FakeAddresses(), FakeDocuments()
        papers = ReturnPapers(self.returns, self.addresses, self.documents)
        desks = ShopperDesk(self.profiles, desk, self.histories, papers)
        self.api = ShopperApi(desks, FakeSecrets(**{"api-keys": {"keys": [key]}}))
        shopper = Shopper(brand="larkspur", shopper_id=ADA, name="Ada", email=EMAIL, phone=MOBILE)
        self.orders.save(order(shopper_id=ADA), shopper)

    def put(self, body: dict[str, Any], key: str = "7", minute: int = 0) -> dict[str, Any]:
        return self.api.update(request(body), key, NOW + timedelta(minutes=minute))

    def take(self, *consents: dict[str, Any]) -> dict[str, Any]:
        return self.api.consents(request({"consents": list(consents)}), NOW)

    def may(self, purpose: Purpose, channel: Channel, address: str, need: OptIn = OptIn.SINGLE) -> bool:
        standing = self.profiles.get("larkspur", ADA).standing(purpose, channel)
        return allowed(channel, need, standing, address_digest("larkspur", address)).allowed


def request(body: Any = None, key: str = KEY) -> InboundRequest:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return InboundRequest(
        **{"method": "POST", "path": "/", "headers": {"x-api-key": key}, "query": {}, "body": sent},
        **{"token": "", "source_ip": ""},
    )


def consent(**update: Any) -> dict[str, Any]:
    values = {"shopper": {"id": "7"}, "purpose": "marketing", "channel": "sms", "address": MOBILE}
    values |= {"wording": "Offers by SMS, please", "proof": "form-7", "at": "2025-05-01T10:00:00+02:00"}
    return {**values, **update}


@pytest.fixture
def world() -> World:
    return World()


class TestKeys:
    def test_each_route_needs_its_scope(self) -> None:
        world = World("orders:write")
        calls = [
            lambda: world.api.find(request({"id": "7"})),
            lambda: world.api.show(request(), "7"),
            lambda: world.put({}),
            lambda: world.api.erase(request(), "7", NOW),
            lambda: world.api.ledger(request(), "7"),
            lambda: world.take(consent()),
        ]
        for call in calls:
            with pytest.raises(ForbiddenError):
                call()
        with pytest.raises(SignatureError):
            world.api.show(request(key="plk_" + "b" * 30), "7")

    def test_another_brands_shoppers_are_not_there(self, world: World) -> None:
        other = Shopper(brand="fjordhus", shopper_id="cus_other", email=EMAIL)
        world.orders.shoppers["fjordhus", "cus_other"] = other
        with pytest.raises(NotFoundError):
            world.api.show(request(), "cus_other")
        assert world.api.find(request({"email": EMAIL})) == {"shoppers": [ADA]}


class TestIds:
    def test_a_shops_own_id_may_begin_like_ours(self, world: World) -> None:
        # Given a shop that names its customers as its payment provider does
        theirs = "cus_9s6XKzkNRiz8i3"
        stripe = ids.shopper_id("larkspur", theirs)
        world.orders.save(
            order(order_id="ord_2", shopper_id=stripe), Shopper(brand="larkspur", shopper_id=stripe, email=EMAIL)
        )
        # Then that customer is found, has their consents, and is erased
        assert world.api.find(request({"id": theirs})) == {"shoppers": [stripe]}
        world.take(consent(shopper={"id": theirs}))
        assert world.profiles.ledger("larkspur", stripe)
        assert world.api.erase(request(), theirs, NOW)["shopper_id"] == stripe
        # And so they are by our id
        assert world.api.erase(request(), stripe, NOW)["shopper_id"] == stripe


class TestFind:
    @pytest.mark.parametrize(
        "sought", [{"id": "7"}, {"id": ADA}, {"email": "ADA@x.example"}, {"phone": "+44 7400 123456"}]
    )
    def test_by_whatever_the_shop_knows(self, world: World, sought: dict[str, str]) -> None:
        assert world.api.find(request(sought)) == {"shoppers": [ADA]}

    @pytest.mark.parametrize("sought", [{"email": "no@x.example"}, {"phone": "07400 123456"}, {}])
    def test_nobody(self, world: World, sought: dict[str, str]) -> None:
        assert world.api.find(request(sought)) == {"shoppers": []}


class TestShopper:
    def test_everything_that_is_known_is_shown(self, world: World) -> None:
        world.put({"preferences": {"channels": ["sms", "email"], "quiet": {"start": "22:00", "end": "07:00"}}})
        shown = world.api.show(request(), "7")
        assert shown["contact"] == {"name": "Ada", "email": EMAIL, "phone": MOBILE, "language": None}
        assert shown["preferences"]["channels"] == ["sms", "email"]
        assert json.dumps(shown)

    def test_nobody_is_not_found(self, world: World) -> None:
        with pytest.raises(NotFoundError):
            world.api.show(request(), "8")

    def test_what_is_left_out_stays(self, world: World) -> None:
        world.put({"tier": "gold", "attributes": {"club": True, "stores": 3}})
        world.put({"preferences": {"frequency": "only_problems"}})
        kept = world.put({"attributes": {"club": False}})
        assert kept["traits"]["tier"] == "gold"
        assert kept["traits"]["attributes"] == {"club": False}
        assert kept["preferences"]["frequency"] == "only_problems"

    def test_devices_and_browsers_come_and_go(self, world: World) -> None:
        world.put({"add_targets": [BROWSER, DEVICE]})
        before = world.profiles.get("larkspur", ADA)
        world.put({"add_targets": [BROWSER]}, minute=5)
        assert world.profiles.get("larkspur", ADA) == before, "the same again changes nothing"
        world.put({"remove_targets": [DEVICE["target"]]})
        (left,) = world.profiles.get("larkspur", ADA).targets
        assert (left.channel, left.target, left.auth) == (Channel.WEB_PUSH, BROWSER["target"], "c2Vj")
        assert "c2Vj" not in json.dumps(world.api.show(request(), "7")), "keys are nobody's business"

    def test_the_newest_devices_are_kept(self, world: World) -> None:
        for number in range(MOST_TARGETS + 2):
            world.put({"add_targets": [{**DEVICE, "target": f"{DEVICE['target']}{number:02}"}]}, minute=number)
        found = [one.target[-2:] for one in world.profiles.get("larkspur", ADA).targets]
        assert found == [f"{number:02}" for number in range(2, MOST_TARGETS + 2)]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"preferences": {"zone": "Mars/Olympus"}}, "preferences.zone"),
            ({"preferences": {"channels": ["fax"]}}, "preferences.channels.0"),
            ({"preferences": {"language": "Deutsch!"}}, "preferences.language"),
            ({"attributes": {"Bad Name": 1}}, "attributes"),
            ({"attributes": {"long": "x" * 201}}, "attributes"),
            ({"add_targets": [{**BROWSER, "target": "http://push.example/1"}]}, "add_targets.0"),
            ({"add_targets": [{**BROWSER, "auth": ""}]}, "add_targets.0"),
            ({"add_targets": [{**DEVICE, "target": "https://push.example"}]}, "add_targets.0"),
            ({"consents": []}, "consents"),
        ],
    )
    def test_what_is_wrong_is_named_and_never_repeated(self, world: World, body: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInputError) as error:
            world.put(body)
        assert field in error.value.detail
        assert "Mars" not in error.value.detail
        assert world.profiles.get("larkspur", ADA).version == 0

    @pytest.mark.parametrize("key", ["", "x" * 129])
    def test_ids_have_a_length(self, world: World, key: str) -> None:
        with pytest.raises(InvalidInputError):
            world.put({}, key)

    def test_enormous_bodies_are_not_read(self, world: World) -> None:
        with pytest.raises(PayloadTooLargeError):
            world.api.update(request(b"x" * 1_000_001), "7", NOW)


class TestErase:
    def test_the_person_is_gone_and_what_they_withdrew_is_not(self, world: World) -> None:
        world.put({"tier": "gold"})
        world.take(consent(), consent(action="withdrawn", at="2025-06-01T10:00:00Z"))
        first = world.api.erase(request(), "7", NOW)
        assert world.api.erase(request(), "7", NOW + timedelta(days=1)) == first, "again changes nothing"
        shown = json.dumps(world.api.show(request(), "7")) + json.dumps(world.api.ledger(request(), "7"))
        for personal in (EMAIL, MOBILE, "Ada", "gold", "Offers by SMS", "form-7"):
            assert personal not in shown
        assert not world.may(Purpose.MARKETING, Channel.SMS, MOBILE, OptIn.NONE)
        assert world.api.find(request({"email": EMAIL})) == {"shoppers": []}


class TestConsents:
    def test_what_is_taken_counts_and_is_seen_in_the_ledger(self, world: World) -> None:
        assert world.take(consent()) == {"imported": 1, "known": 0, "errors": []}
        assert world.may(Purpose.MARKETING, Channel.SMS, MOBILE)
        assert not world.may(Purpose.MARKETING, Channel.SMS, MOBILE, OptIn.DOUBLE)
        (record,) = world.api.ledger(request(), "7")["consents"]
        assert (record["source"], record["wording"], record["proof"]) == ("import", "Offers by SMS, please", "form-7")
        assert record["at"] == "2025-05-01T10:00:00+02:00"

    def test_the_same_again_is_known(self, world: World) -> None:
        world.take(consent())
        assert world.take(consent(), consent()) == {"imported": 0, "known": 2, "errors": []}

    def test_one_that_was_confirmed_counts_where_twice_is_asked(self, world: World) -> None:
        world.take(consent(confirmed=True))
        assert world.may(Purpose.MARKETING, Channel.SMS, MOBILE, OptIn.DOUBLE)

    def test_an_old_consent_does_not_undo_a_newer_withdrawal(self, world: World) -> None:
        world.take(consent(action="withdrawn", wording="", proof="", at="2025-06-01T10:00:00Z"))
        world.take(consent())
        assert not world.may(Purpose.MARKETING, Channel.SMS, MOBILE)

    def test_the_shopper_may_be_known_by_email_alone(self, world: World) -> None:
        world.take(consent(shopper={"email": "New@x.example"}, channel="email", address=""))
        profile = world.profiles.get("larkspur", ids.shopper_id("larkspur", "new@x.example"))
        standing = profile.standing(Purpose.MARKETING, Channel.EMAIL)
        assert allowed(Channel.EMAIL, OptIn.SINGLE, standing, address_digest("larkspur", "new@x.example")).allowed

    def test_each_entry_is_taken_or_refused_by_itself(self, world: World) -> None:
        answer = world.take(
            consent(),
            consent(channel="fax"),
            consent(wording=""),
            consent(address="12"),
            consent(address=""),
            consent(at="2099-01-01T00:00:00Z"),
            consent(at="2025-01-01T00:00:00"),
            consent(shopper={}),
            consent(source="keyword"),
            consent(extra=1),
            consent(purpose="service"),
        )
        assert answer["imported"] == 2
        assert [one["index"] for one in answer["errors"]] == list(range(1, 10))
        assert [one["problem"] for one in answer["errors"]][2:5] == ["no-address", "no-address", "not-yet"]
        assert MOBILE not in json.dumps(answer)

    def test_many_of_one_shopper(self, world: World) -> None:
        many = [consent(proof=f"form-{number}") for number in range(MOST_CONSENTS)]
        assert world.take(*many)["imported"] == MOST_CONSENTS
        assert world.take(*many) == {"imported": 0, "known": MOST_CONSENTS, "errors": []}

    @pytest.mark.parametrize("body", [{"consents": []}, {"consents": [{}] * (MOST_CONSENTS + 1)}, {}, []])
    def test_a_body_of_another_shape_is_refused(self, world: World, body: Any) -> None:
        with pytest.raises(InvalidInputError):
            world.api.consents(request(body), NOW)


class TestByEmailAlone:
    def test_a_no_reaches_everybody_with_the_address(self, world: World) -> None:
        # Given Ada, whom the shop's orders know by a customer id, and a list of addresses that want no offers
        no = consent(
            shopper={"email": EMAIL.upper()}, channel="email", address="", action="withdrawn", wording="", proof=""
        )
        assert world.take(no) == {"imported": 1, "known": 0, "errors": []}
        # Then she gets none, nor does whoever orders with that address as a guest
        assert not world.may(Purpose.MARKETING, Channel.EMAIL, EMAIL, OptIn.SOFT)
        guest = world.profiles.get("larkspur", ids.shopper_id("larkspur", EMAIL))
        assert guest.standing(Purpose.MARKETING, Channel.EMAIL)
        assert world.take(no) == {"imported": 0, "known": 1, "errors": []}

    def test_a_yes_reaches_her_too(self, world: World) -> None:
        world.take(consent(shopper={"email": EMAIL}, channel="email", address=""))
        assert world.may(Purpose.MARKETING, Channel.EMAIL, EMAIL)


def test_labels_and_pictures_of_returns_are_shown_and_forgotten_with_the_person(world: World) -> None:
    # Given two returns: one with a label that was made anew and a picture, one of another shopper
    def label(name: str) -> Label:
        return Label(carrier="ups", tracking_number=name, shipment_id=name, reference=name, document=f"labels/{name}")

    line = ReturnLine(line_id="shirt", quantity=1, reason="broken", photos=("photos/larkspur/1", "labels/of-another"))
    mine = wanted(shopper_id=ADA, label=label("new"), old_labels=(label("old"),)).model_copy(update={"lines": (line,)})
    world.returns.create(mine)
    world.returns.create(wanted(shopper_id="cus_other", return_id="rma_2", label=label("of-another")))
    names = ("labels/new", "labels/old", "labels/larkspur/rma_1-upload.pdf", "photos/larkspur/1", "labels/of-another")
    for name in names:
        world.documents.put(name, b"x", "application/pdf")
    address = SenderAddress(name="Ada", street="12 Ockham Lane", city="Guildford", postcode="GU1", country="GB")
    world.addresses.put("larkspur", ADA, "rma_1", address, NOW)
    # When she asks what is known, then where she sent it from is said
    shown = world.api.show(request(), "7")
    assert shown["sent_from"] == [{"return_id": "rma_1", **address.model_dump()}]
    # And when she is forgotten, nothing is left that prints her address, and all that is others' is
    world.api.erase(request(), "7", NOW)
    assert set(world.documents.bodies) == {"labels/of-another"}


def test_who_gave_a_present_is_not_told_where_it_was_sent_back_from(world: World) -> None:
    address = SenderAddress(name="Wil", street="1 Far Lane", city="Guildford", postcode="GU1", country="GB")
    for number, recipient in enumerate(("", "cus_wil", ADA)):
        world.returns.create(wanted(shopper_id=ADA, return_id=f"rma_{number}", source="gift", recipient_id=recipient))
        world.addresses.put("larkspur", ADA, f"rma_{number}", address, NOW)
    assert [one["return_id"] for one in world.api.show(request(), "7")["sent_from"]] == ["rma_2"]


def test_who_asks_is_told_what_their_returns_were_like_and_it_is_forgotten_with_them() -> None:
    world = World()
    known = History(
        brand="larkspur",
        shopper_id=ADA,
        orders=3,
        returned_minor={"USD": 900},
        claims=(NOW.date(),),
        fingerprints=("aa",),
        counted=("ord_1",),
        version=1,
    )
    world.histories.save(known)
    world.histories.share("larkspur", ["aa"], ADA, NOW)
    shown = world.api.show(request(), "7")["returns"]
    assert (shown["orders"], shown["returned_minor"], shown["claims"]) == (3, {"USD": 900}, ["2026-03-02"])
    assert "counted" not in shown
    for _ in range(2):
        world.api.erase(request(), "7", NOW)
    assert world.histories.get("larkspur", ADA) == known.forgotten(NOW)
    assert world.histories.sharing("larkspur", ["aa"]) == {"aa": 0}
