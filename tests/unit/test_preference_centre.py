"""The preference centre and the sign-up for SMS: what is ticked is consent, what is wrong is said, nobody is signed up
by a stranger.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.choosing import Choices, may_ask_for_sms, read_form
from porchlight.domain.choosing_view import Shown, preferences_view
from porchlight.domain.consent import ConsentAction, ConsentRecord, ConsentSource, OptIn
from porchlight.domain.consent_rules import allowed
from porchlight.domain.countries import CountryProfile
from porchlight.domain.orders import Destination, Shopper
from porchlight.domain.preferences import Digest, Frequency, Profile, PushTarget, address_digest
from porchlight.errors import NotFoundError, PermanentProviderError, TransientError
from porchlight.reaching import TextContent
from porchlight.services.consent import SIGN_UPS_A_DAY, ConsentDesk, Said, places
from porchlight.services.links import Links
from porchlight.services.preference_centre import PreferenceCentre, Saved
from porchlight.services.sign_up import SmsSignUp
from porchlight.services.texting import Texts
from tests.fakes import FakeBrands, FakeMetrics, FakeOrders, FakeRenderer, FakeSecrets
from tests.fakes_reaching import FakeCatalogues, FakeCourier, FakeProfiles
from tests.unit.stories import NOW, brand, order

WHO = ("larkspur", "cus_1")
EMAIL, MOBILE, OTHER = "ada@x.example", "+447400123456", "+447400654321"
MINUTE = timedelta(minutes=1)
CAUTIOUS: dict[str, Any] = {
    "email": {"check_in": "soft"},
    "sms": {"service": "single", "check_in": "single"},
    "push": {"check_in": "soft"},
}
HERE = CountryProfile.model_validate({"country": "default", "opt_in": CAUTIOUS})
GERMANY = CountryProfile.model_validate(
    {
        "country": "DE",
        "opt_in": {
            "email": {"check_in": "soft", "marketing": "double"},
            "sms": {"service": "double", "check_in": "double", "marketing": "double"},
        },
    }
)
SAID = Said(ConsentSource.API, NOW + MINUTE, "Text me")
EVERY_EMAIL = ["service/email", "check_in/email", "marketing/email"]


def shop(*channels: Channel) -> BrandConfig:
    values = brand().model_dump(mode="json")
    providers = {one.value: {"providers": ["one"]} for one in channels}
    values["outreach"] = {"channels": [channels[0].value], "providers": providers}
    return BrandConfig.model_validate(values)


class Renderer(FakeRenderer):
    def __init__(self) -> None:
        self.shown: dict[str, Any] = {}

    def languages(self, brand: BrandConfig) -> list[str]:
        return ["en", "de"]

    def page(self, brand: BrandConfig | None, name: str, view: Mapping[str, Any]) -> str:
        self.shown = dict(view)
        return super().page(brand, name, view)


class World:
    def __init__(self, *channels: Channel, country: str = "GB") -> None:
        self.orders, self.metrics, self.courier = FakeOrders(), FakeMetrics(), FakeCourier()
        self.brand = shop(*(channels or (Channel.EMAIL, Channel.SMS, Channel.PUSH)))
        self.order = order(destination=Destination(country=country))
        self.orders.save(self.order, Shopper(brand="larkspur", shopper_id="cus_1", email=EMAIL))
        self.profiles, self.renderer = FakeProfiles(self.orders), Renderer()
        brands, catalogues = FakeBrands(self.brand), FakeCatalogues(HERE, GERMANY)
        self.links = Links(FakeSecrets(links={"key": "k" * 40}), "https://track.example")
        self.desk = ConsentDesk(self.profiles, self.metrics)
        texts = Texts(self.courier, self.renderer, self.metrics)
        parts = (self.desk, self.orders, brands, catalogues, self.renderer, self.links, texts)
        self.centre = PreferenceCentre(*parts, self.metrics)
        self.form = SmsSignUp(*parts)

    @property
    def token(self) -> str:
        return self.links.of_order(self.brand, self.order)["preferences"].rpartition("/")[2]

    def from_message(self, channel: Channel) -> str:
        made = self.links.of_message(self.brand, self.order, "msg_1", Purpose.SERVICE, channel, EMAIL)
        return made["preferences"].rpartition("/")[2]

    def save(self, *on: str, at: datetime = NOW, token: str = "", **fields: str) -> Saved:
        form = {"on": list(on), **{name: [value] for name, value in fields.items()}}
        return self.centre.save(token or self.token, form, at)

    def sign_up(self, number: str = MOBILE, *, agreed: bool = True, at: datetime = NOW) -> str:
        token = self.links.of_order(self.brand, self.order)["tracking"].rpartition("/")[2]
        return self.form.sign_up(token, number, agreed, at)

    def look(self, note: str = "") -> dict[str, Any]:
        assert self.centre.show(self.token, note, NOW).status == 200
        return self.renderer.shown

    @property
    def boxes(self) -> dict[str, dict[str, Any]]:
        return {box["value"]: box for purpose in self.look()["purposes"] for box in purpose["boxes"]}

    @property
    def ticked(self) -> set[str]:
        return {value for value, box in self.boxes.items() if box["chosen"]}

    @property
    def profile(self) -> Profile:
        return self.profiles.get(*WHO)

    @property
    def ledger(self) -> list[ConsentRecord]:
        return self.profiles.ledger(*WHO)

    @property
    def said(self) -> list[tuple[str, str, str]]:
        return [(one.action.value, one.purpose.value, one.channel.value) for one in self.ledger]

    def may(self, purpose: Purpose, channel: Channel, address: str, need: OptIn = OptIn.DOUBLE) -> bool:
        return allowed(
            channel, need, self.profile.standing(purpose, channel), address_digest("larkspur", address)
        ).allowed


@pytest.fixture
def world() -> World:
    return World()


class TestLooking:
    def test_it_shows_what_holds_and_changes_nothing(self, world: World) -> None:
        assert world.ticked == {"service/email", "check_in/email"}
        assert set(world.boxes) == {*EVERY_EMAIL, "service/sms", "check_in/sms", "marketing/sms"}
        assert not world.ledger
        assert world.profile.version == 0

    def test_devices_are_offered_to_who_has_one(self, world: World) -> None:
        target = PushTarget(channel=Channel.PUSH, target="arn:1", added_at=NOW)
        world.profiles.save(world.profile.model_copy(update={"targets": (target,), "version": 1}))
        assert {"service/push", "marketing/push"} <= set(world.boxes)
        assert "service/push" in world.ticked

    @pytest.mark.parametrize("token", ["x.y", "", "é"])
    def test_strangers_learn_nothing(self, world: World, token: str) -> None:
        assert world.centre.show(token, "", NOW).status == 404
        saved = world.centre.save(token, {"on": ["service/email"]}, NOW)
        assert saved.page
        assert saved.page.status == 404

    def test_a_link_to_the_tracking_page_is_none_to_the_preferences(self, world: World) -> None:
        tracking = world.links.of_order(world.brand, world.order)["tracking"].rpartition("/")[2]
        assert world.centre.show(tracking, "", NOW).status == 404

    def test_who_was_erased_has_no_preferences(self, world: World) -> None:
        world.profiles.erase(*WHO, NOW)
        assert world.centre.show(world.token, "", NOW).status == 404

    def test_the_number_is_never_shown_whole(self, world: World) -> None:
        world.save("service/email", "service/sms", mobile=MOBILE)
        assert MOBILE not in str(world.look())
        assert world.look()["mobile_now"]["facts"] == {"ending": "456"}

    def test_only_known_notes_are_shown(self, world: World) -> None:
        assert world.look("saved")["note"]["say"] == "preferences.page.saved"
        assert world.look("<script>")["note"] == ""


class TestSaving:
    def test_saving_what_is_shown_says_nothing_new(self, world: World) -> None:
        assert world.save("service/email", "check_in/email") == Saved("saved")
        assert not world.ledger

    def test_a_tick_and_a_tick_taken_away_are_kept_with_their_words(self, world: World) -> None:
        world.save("service/email", "marketing/email")
        assert world.said == [("withdrawn", "check_in", "email"), ("granted", "marketing", "email")]
        granted = world.ledger[1]
        assert "preferences.purposes.marketing.legend" in granted.wording
        assert "preferences.channels.email" in granted.wording
        assert world.ticked == {"service/email", "marketing/email"}

    def test_the_rest_is_kept_too(self, world: World) -> None:
        world.save(
            *("service/email", "check_in/email"),
            channel_1="sms",
            channel_2="",
            frequency="only_problems",
            digest="daily",
            language="de",
            quiet_start="22:00",
            quiet_end="07:30",
        )
        kept = world.profile.preferences
        assert kept.channels == (Channel.SMS, Channel.EMAIL), "email has a tick, and is used last"
        assert (kept.frequency, kept.digest, kept.language) == (Frequency.ONLY_PROBLEMS, Digest.DAILY, "de")
        assert kept.quiet
        assert kept.quiet.end.hour == 7
        assert kept.off == {Purpose.MARKETING}

    @pytest.mark.parametrize(("chosen", "lists"), [(0, 3), (2, 3), (3, 4), (4, 5), (5, 5)])
    def test_there_is_room_for_one_channel_more_than_is_chosen(self, chosen: int, lists: int) -> None:
        every = Shown(tuple(Channel), (("en", "English"),), back="../t/token")
        view = preferences_view("Larkspur", "en", Choices(channels=tuple(Channel)[:chosen]), every)
        assert len(view["order"]["places"]) == lists

    def test_a_channel_with_a_tick_is_used_where_the_shop_would_not(self, world: World) -> None:
        # Given a shop that writes emails alone, unless somebody wants it otherwise
        world.save("service/sms", mobile=MOBILE)
        # Then the order in which channels are tried has the one that was ticked
        assert world.profile.preferences.channels == (Channel.EMAIL, Channel.SMS)
        world.save("service/email", at=NOW + MINUTE)
        assert world.profile.preferences.channels == ()

    def test_a_purpose_without_a_tick_is_off_until_one_is_back(self, world: World) -> None:
        world.save("service/email")
        assert world.profile.preferences.off == {Purpose.CHECK_IN, Purpose.MARKETING}
        world.save("service/email", "check_in/email", at=NOW + MINUTE)
        assert world.profile.preferences.off == {Purpose.MARKETING}
        assert world.ticked == {"service/email", "check_in/email"}

    def test_stop_everything(self, world: World) -> None:
        world.save("service/email", "service/sms", mobile=MOBILE)
        assert world.centre.save(world.token, {"action": ["stop"]}, NOW + 10 * MINUTE) == Saved("stopped")
        assert world.ticked == set()
        for purpose in Purpose:
            for channel in (Channel.EMAIL, Channel.SMS, Channel.PUSH):
                standing = world.profile.standing(purpose, channel)
                assert standing
                assert standing.action is ConsentAction.WITHDRAWN
        assert world.profile.preferences.off == set(Purpose)

    @pytest.mark.parametrize(
        ("fields", "fault"),
        [
            ({"quiet_start": "22:00"}, ("quiet", "quiet")),
            ({"quiet_start": "22:00", "quiet_end": "22:00"}, ("quiet", "quiet")),
            ({"quiet_start": "25:00", "quiet_end": "07:00"}, ("quiet", "quiet")),
            ({"quiet_start": "22:00", "quiet_end": "21:00"}, ("quiet", "quiet_long")),
            ({"mobile": "+1 22"}, ("mobile", "mobile")),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_kept(
        self, world: World, fields: dict[str, str], fault: tuple[str, str]
    ) -> None:
        saved = world.save("service/email", **fields)
        assert saved.page
        assert saved.page.status == 200
        field, word = fault
        assert world.renderer.shown["faults"][field]["say"] == f"preferences.faults.{word}"
        assert world.renderer.shown["mobile_typed"] == fields.get("mobile", "")
        assert world.profile.version == 0

    def test_sms_needs_a_number(self, world: World) -> None:
        assert world.save("service/sms").page
        assert world.renderer.shown["faults"]["mobile"]["say"] == "preferences.faults.mobile_needed"

    @given(
        st.dictionaries(
            st.sampled_from(["on", "channel_1", "frequency", "quiet_start", "language", "mobile", "x"]),
            st.lists(st.text(max_size=50), max_size=3),
        )
    )
    def test_whatever_is_sent_is_read(self, form: dict[str, list[str]]) -> None:
        choices, _ = read_form(form, [Channel.EMAIL, Channel.SMS], ["en"])
        assert choices.on <= {(purpose, channel) for purpose in Purpose for channel in (Channel.EMAIL, Channel.SMS)}
        assert choices.language in (None, "en")


class TestNumbers:
    def test_a_national_number_is_one_of_where_the_order_goes(self, world: World) -> None:
        world.save("service/email", "service/sms", mobile="07400 123456")
        assert world.profile.mobile == MOBILE
        assert world.may(Purpose.SERVICE, Channel.SMS, MOBILE, OptIn.SINGLE)
        (text,) = world.courier.sent
        assert (text.to, text.channel, text.moment) == (MOBILE, Channel.SMS, None)
        assert isinstance(text.content, TextContent)
        assert text.content.text == "sms.started"

    def test_consent_moves_to_no_other_number_by_itself(self, world: World) -> None:
        world.save("service/email", "service/sms", mobile=MOBILE)
        world.save("service/email", mobile=OTHER, at=NOW + MINUTE)
        assert world.profile.mobile == OTHER
        assert not world.may(Purpose.SERVICE, Channel.SMS, OTHER, OptIn.SINGLE)
        assert world.ticked == {"service/email"}

    def test_where_it_has_to_be_confirmed_nothing_changes_before(self) -> None:
        world = World(Channel.EMAIL, Channel.SMS, country="DE")
        number = "+4915112345678"
        assert world.save("service/email", "service/sms", mobile="0151 12345678") == Saved("confirm")
        assert (world.profile.mobile, world.profile.mobile_asked) == (None, number)
        (text,) = world.courier.sent
        assert isinstance(text.content, TextContent)
        assert text.content.text == "sms.confirm"
        assert world.boxes["service/sms"] == world.boxes["service/sms"] | {"chosen": False, "asked": True}
        # Saving again asks nobody twice
        assert world.save("service/email", "service/sms", at=NOW + 10 * MINUTE) == Saved("saved")
        assert len(world.courier.sent) == 1
        # When the number says yes, it counts
        yes = Said(world.ledger[-1].source, NOW + 11 * MINUTE, proof="in_1")
        world.desk.confirm(*WHO, number, yes, NOW + 11 * MINUTE)
        assert world.may(Purpose.SERVICE, Channel.SMS, number)
        assert "service/sms" in world.ticked

    def test_a_tick_taken_away_before_the_yes_ends_it(self) -> None:
        world = World(Channel.EMAIL, Channel.SMS, country="DE")
        world.save("service/email", "service/sms", mobile="0151 12345678")
        world.save("service/email", at=NOW + 10 * MINUTE)
        assert world.said[-1] == ("withdrawn", "service", "sms")
        assert not world.boxes["service/sms"]["asked"]

    @pytest.mark.parametrize("failure", [TransientError(), PermanentProviderError()])
    def test_an_sms_that_could_not_be_sent_is_said(self, failure: Exception) -> None:
        world = World(Channel.EMAIL, Channel.SMS, country="DE")
        world.courier.fails = [failure]
        assert world.save("service/email", "service/sms", mobile="0151 12345678") == Saved("later")
        assert world.metrics.total("TextsNotSent", word="confirm") == 1

    def test_not_more_than_a_few_numbers_a_day(self, world: World) -> None:
        for number in range(SIGN_UPS_A_DAY):
            world.save("service/sms", mobile=f"+44740012345{number}", at=NOW + number * MINUTE)
        assert world.save("service/sms", mobile=OTHER, at=NOW + 30 * MINUTE).page
        assert world.renderer.shown["faults"]["mobile"]["say"] == "preferences.faults.too_many"
        assert world.profile.mobile != OTHER

    def test_nobody_is_texted_all_day_by_a_tick_that_comes_and_goes(self, world: World) -> None:
        world.save("service/email", "service/sms", mobile=MOBILE)
        for number in range(1, 10):
            world.save("service/email", at=NOW + 20 * number * MINUTE)
            world.save("service/email", "service/sms", at=NOW + (20 * number + 10) * MINUTE)
        assert len(world.courier.sent) == SIGN_UPS_A_DAY

    def test_the_rules_are_those_of_the_numbers_country(self, world: World) -> None:
        # Given an order that goes to Britain, and a German number
        assert world.save("service/email", "service/sms", mobile="+49 151 12345678") == Saved("confirm")
        assert not world.may(Purpose.SERVICE, Channel.SMS, "+4915112345678", OptIn.SINGLE)
        assert (world.profile.mobile, world.profile.mobile_asked) == (None, "+4915112345678")

    def test_a_number_that_is_to_confirm_itself_takes_nobodys_place_before(self) -> None:
        # Given a number that has said yes
        world = World(Channel.EMAIL, Channel.SMS, country="DE")
        world.save("service/email", "service/sms", mobile="0151 12345678")
        yes = Said(ConsentSource.CONFIRMATION, NOW + MINUTE, proof="in_1")
        world.desk.confirm(*WHO, "+4915112345678", yes, NOW + MINUTE)
        # When another one is typed, and something else ticked, too
        at = NOW + 10 * MINUTE
        world.save("service/email", "check_in/email", "service/sms", mobile="0151 87654321", at=at)
        # Then the first one stays until the other has said yes
        assert world.profile.mobile == "+4915112345678"
        assert world.profile.mobile_asked == "+4915187654321"


class TestDoubleOptInByEmail:
    def test_a_link_in_an_email_to_an_address_of_before_is_none_from_this_one(self) -> None:
        # Given a message that went to an address that is another one now
        world = World(Channel.EMAIL, country="DE")
        token = world.from_message(Channel.EMAIL)
        moved = Shopper(brand="larkspur", shopper_id="cus_1", email="new@x.example")
        world.orders.shoppers[WHO] = moved
        # Then whoever reads the old mailbox cannot say yes for the new one
        world.save(*EVERY_EMAIL, token=token)
        assert not world.may(Purpose.MARKETING, Channel.EMAIL, "new@x.example")

    def test_who_did_not_come_from_the_mailbox_cannot_say_yes_for_it(self) -> None:
        world = World(Channel.EMAIL, country="DE")
        assert world.boxes["marketing/email"]["closed"]
        assert world.save(*EVERY_EMAIL) == Saved("saved")
        assert ("granted", "marketing", "email") not in world.said
        sms = world.from_message(Channel.SMS)
        world.save(*EVERY_EMAIL, token=sms, at=NOW + MINUTE)
        assert ("granted", "marketing", "email") not in world.said

    def test_a_link_from_an_email_is_the_confirmation(self) -> None:
        world = World(Channel.EMAIL, country="DE")
        world.save(*EVERY_EMAIL, token=world.from_message(Channel.EMAIL))
        assert world.may(Purpose.MARKETING, Channel.EMAIL, EMAIL)
        (record,) = world.ledger
        assert (record.confirmed, record.proof) == (True, "msg_1")
        assert not world.boxes["marketing/email"]["closed"], "and it can be taken back from anywhere"


class TestSignUpOnTheTrackingPage:
    def test_it_counts_at_once_where_once_is_enough(self, world: World) -> None:
        assert world.sign_up("07400 123456") == "started"
        assert world.may(Purpose.SERVICE, Channel.SMS, MOBILE, OptIn.SINGLE)
        (record,) = world.ledger
        assert (record.wording, record.source) == ("signup.form.wording", "tracking_page")
        assert [one.to for one in world.courier.sent] == [MOBILE]

    def test_it_is_how_they_hear_of_orders_then(self, world: World) -> None:
        world.centre.save(world.token, {"action": ["stop"]}, NOW - MINUTE)
        world.sign_up()
        kept = world.profile.preferences
        assert kept.channels == (Channel.SMS, Channel.EMAIL)
        assert kept.off == {Purpose.CHECK_IN, Purpose.MARKETING}
        assert not world.may(Purpose.SERVICE, Channel.EMAIL, EMAIL, OptIn.NONE), "what they stopped by email stays so"

    def test_a_number_that_has_to_confirm_itself_switches_nothing_on_before(self) -> None:
        world = World(Channel.EMAIL, Channel.SMS, country="DE")
        world.centre.save(world.token, {"action": ["stop"]}, NOW - MINUTE)
        world.sign_up("0151 12345678")
        assert world.profile.preferences.off == set(Purpose)
        yes = Said(ConsentSource.CONFIRMATION, NOW + MINUTE, proof="in_1")
        world.desk.confirm(*WHO, "+4915112345678", yes, NOW + MINUTE)
        kept = world.profile.preferences
        assert (kept.channels, kept.off) == ((Channel.SMS, Channel.EMAIL), {Purpose.CHECK_IN, Purpose.MARKETING})

    def test_the_number_is_asked_where_twice_is_needed(self) -> None:
        world = World(Channel.EMAIL, Channel.SMS, country="DE")
        assert world.sign_up("0151 12345678") == "asked"
        assert not world.may(Purpose.SERVICE, Channel.SMS, "+4915112345678", OptIn.SINGLE)
        assert world.sign_up("0151 12345678", at=NOW + MINUTE) == "asked"
        assert len(world.courier.sent) == 1, "the same form sent twice is one SMS"

    def test_the_rules_are_those_of_the_numbers_country(self, world: World) -> None:
        assert world.sign_up("+49 151 12345678") == "asked"

    @pytest.mark.parametrize(
        ("number", "agreed", "state"), [("12", True, "invalid"), ("", True, "invalid"), (MOBILE, False, "unticked")]
    )
    def test_what_is_wrong_changes_nothing(self, world: World, number: str, agreed: bool, state: str) -> None:
        assert world.sign_up(number, agreed=agreed) == state
        assert not world.ledger
        assert not world.courier.sent

    def test_nobody_texts_strangers_all_day(self, world: World) -> None:
        for number in range(SIGN_UPS_A_DAY):
            assert world.sign_up(f"+44740012345{number}", at=NOW + number * MINUTE) == "started"
        assert world.sign_up(OTHER, at=NOW + 30 * MINUTE) == "too_many"
        assert len(world.courier.sent) == SIGN_UPS_A_DAY

    def test_it_is_offered_to_who_does_not_have_it_and_was_not_forgotten(self, world: World) -> None:
        assert may_ask_for_sms(world.brand, world.profile, world.order.placed_at)
        world.profiles.erase(*WHO, NOW)
        assert not may_ask_for_sms(world.brand, world.profile, world.order.placed_at)
        assert may_ask_for_sms(world.brand, world.profile, NOW + MINUTE), "of an order of after"
        world.desk.grant(*WHO, [(Purpose.SERVICE, Channel.SMS)], SAID, NOW + MINUTE, address=MOBILE)
        assert not may_ask_for_sms(world.brand, world.profile, NOW + MINUTE)

    def test_a_link_of_before_somebody_was_forgotten_signs_nobody_up(self, world: World) -> None:
        world.profiles.erase(*WHO, NOW)
        with pytest.raises(NotFoundError):
            world.sign_up(at=NOW + MINUTE)
        assert world.profile.mobile is None
        assert not world.courier.sent

    def test_a_number_that_has_said_stop_is_asked_first(self, world: World) -> None:
        # Given a number that had SMS, and sent STOP
        world.sign_up()
        stop = Said(ConsentSource.KEYWORD, NOW + MINUTE, "STOP", proof="in_1")
        world.desk.withdraw(*WHO, places(Purpose, [Channel.SMS]), stop, NOW + MINUTE, address=MOBILE)
        # When a form is filled in with it once more
        assert world.sign_up(at=NOW + 10 * MINUTE) == "asked"
        # Then it gets nothing before it has said yes itself
        assert not world.may(Purpose.SERVICE, Channel.SMS, MOBILE, OptIn.NONE)
        yes = Said(ConsentSource.CONFIRMATION, NOW + 20 * MINUTE, proof="in_2")
        world.desk.confirm(*WHO, MOBILE, yes, NOW + 20 * MINUTE)
        assert world.may(Purpose.SERVICE, Channel.SMS, MOBILE)

    def test_a_brand_without_sms_has_no_such_form(self) -> None:
        with pytest.raises(NotFoundError):
            World(Channel.EMAIL).sign_up()

    def test_no_number_stands_in_what_is_kept(self, world: World) -> None:
        world.sign_up()
        assert MOBILE not in "".join(one.model_dump_json() for one in world.ledger)
