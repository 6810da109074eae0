"""The consent desk: what is said is kept with its words, twice is once, and a withdrawal wins over what is older."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction, ConsentSource, OptIn
from porchlight.domain.consent_rules import allowed
from porchlight.domain.countries import CountryProfile
from porchlight.domain.preferences import Profile, address_digest
from porchlight.errors import InvalidInputError
from porchlight.services.consent import (
    ASK_LIFETIME,
    SIGN_UPS_A_DAY,
    ConsentDesk,
    Place,
    Said,
    SignUp,
    TooManySignUpsError,
    places,
)
from tests.fakes import FakeMetrics, FakeOrders
from tests.fakes_reaching import FakeProfiles
from tests.unit.stories import DAY, NOW

MINUTE = timedelta(minutes=1)
MOBILE, OTHER, EMAIL = "+447700900123", "+447700900456", "ada@x.example"
OFFERS: Place = (Purpose.MARKETING, Channel.SMS)
NEWS: Place = (Purpose.SERVICE, Channel.SMS)
SINGLE = CountryProfile.model_validate({"country": "GB", "opt_in": {"sms": {"service": "single"}}})
DOUBLE = CountryProfile.model_validate({"country": "DE", "opt_in": {"sms": {"service": "double"}}})
WHO = ("larkspur", "cus_1")


class World:
    def __init__(self) -> None:
        self.profiles, self.metrics = FakeProfiles(FakeOrders()), FakeMetrics()
        self.desk = ConsentDesk(self.profiles, self.metrics)

    @property
    def profile(self) -> Profile:
        return self.profiles.get(*WHO)

    @property
    def actions(self) -> list[str]:
        return [record.action.value for record in self.profiles.ledger(*WHO)]

    def may(self, place: Place = OFFERS, address: str = MOBILE, need: OptIn = OptIn.SINGLE) -> bool:
        return allowed(place[1], need, self.profile.standing(*place), address_digest("larkspur", address)).allowed


@pytest.fixture
def world() -> World:
    return World()


def said(minute: int = 0, source: ConsentSource = ConsentSource.API, **update: str) -> Said:
    return Said(source, NOW + minute * MINUTE, **update)


def test_what_was_shown_is_kept_and_the_standing_follows(world: World) -> None:
    world.desk.grant(*WHO, [OFFERS], said(wording="Offers, please", language="en", proof="f1"), NOW, address=MOBILE)
    (record,) = world.profiles.ledger(*WHO)
    assert (record.wording, record.language, record.proof) == ("Offers, please", "en", "f1")
    assert record.address_digest == address_digest("larkspur", MOBILE)
    assert MOBILE not in record.model_dump_json()
    assert world.may()
    assert not world.may(address=OTHER)
    assert world.metrics.total("Consents", action="granted", channel="sms", source="api") == 1


def test_the_same_said_twice_is_one_entry(world: World) -> None:
    for _ in range(3):
        world.desk.grant(*WHO, [OFFERS], said(proof="f1"), NOW, address=MOBILE)
    assert world.actions == ["granted"]
    assert world.profile.version == 1


def test_a_second_click_is_the_same_act_and_the_next_day_is_another(world: World) -> None:
    click = ConsentSource.ONE_CLICK
    for minute in (0, 1, 4, 24 * 60):
        world.desk.withdraw(*WHO, [OFFERS], said(minute, click, proof="msg_1"), NOW)
    assert world.actions == ["withdrawn", "withdrawn"]


def test_a_grant_for_an_addressed_channel_needs_its_address(world: World) -> None:
    with pytest.raises(InvalidInputError):
        world.desk.grant(*WHO, [OFFERS], said(), NOW)
    world.desk.grant(*WHO, [(Purpose.MARKETING, Channel.PUSH)], said(), NOW)
    assert world.may((Purpose.MARKETING, Channel.PUSH))


acts = st.lists(st.tuples(st.sampled_from(["grant", "withdraw"]), st.integers(0, 60)), min_size=1, max_size=6)


@given(acts, st.randoms())
def test_the_newest_word_counts_whatever_the_order_of_arrival(acts: list[tuple[str, int]], shuffle: object) -> None:
    arrived = list(enumerate(acts))
    shuffle.shuffle(arrived)  # type: ignore[attr-defined]
    world = World()
    for number, (act, minute) in arrived:
        words = said(minute, ConsentSource.KEYWORD, proof=f"in_{number}")
        if act == "grant":
            world.desk.grant(*WHO, [OFFERS], words, NOW + DAY, address=MOBILE)
        else:
            world.desk.withdraw(*WHO, [OFFERS], words, NOW + DAY, address=MOBILE)
    last_no = max((minute for act, minute in acts if act == "withdraw"), default=-1)
    assert world.may() == any(act == "grant" and minute > last_no for act, minute in acts)
    assert len(world.actions) == len(acts)


def test_a_late_grant_of_before_does_not_undo_a_withdrawal(world: World) -> None:
    for order in permutations([("granted", 1), ("withdrawn", 2)]):
        world = World()
        for action, minute in order:
            if action == "withdrawn":
                world.desk.withdraw(*WHO, [OFFERS], said(minute), NOW)
            else:
                world.desk.grant(*WHO, [OFFERS], said(minute), NOW, address=MOBILE)
        assert not world.may(need=OptIn.NONE)


class TestSignUp:
    def sign_up(self, world: World, number: str = MOBILE, minute: int = 0, country: CountryProfile = SINGLE) -> SignUp:
        words = said(minute, ConsentSource.TRACKING_PAGE, wording="Text me")
        return world.desk.sign_up(*WHO, number, [Purpose.SERVICE], country, words, NOW + minute * MINUTE)

    def test_where_once_is_enough_it_counts_at_once(self, world: World) -> None:
        assert self.sign_up(world) is SignUp.GRANTED
        assert world.profile.mobile == MOBILE
        assert world.may(NEWS)

    def test_where_twice_is_asked_it_counts_when_the_number_says_yes(self, world: World) -> None:
        # Given a number that gets SMS, when another one is signed up
        self.sign_up(world, OTHER)
        assert self.sign_up(world, minute=10, country=DOUBLE) is SignUp.ASKED
        # Then nothing changes until that one answers
        assert (world.profile.mobile, world.profile.mobile_asked) == (OTHER, MOBILE)
        assert world.may(NEWS, OTHER)
        assert not world.may(NEWS, MOBILE)
        yes = said(11, ConsentSource.CONFIRMATION, proof="in_1")
        assert world.desk.confirm(*WHO, MOBILE, yes, NOW + 11 * MINUTE) == [NEWS]
        assert (world.profile.mobile, world.profile.mobile_asked) == (MOBILE, None)
        assert world.may(NEWS, MOBILE, OptIn.DOUBLE)
        assert world.profiles.ledger(*WHO)[-1].wording == "Text me", "what they said yes to"
        assert world.desk.confirm(*WHO, MOBILE, said(12, proof="in_2"), NOW + 12 * MINUTE) == []

    @pytest.mark.parametrize("number", [OTHER, MOBILE])
    def test_a_yes_of_another_number_or_too_late_is_none(self, world: World, number: str) -> None:
        self.sign_up(world, MOBILE, country=DOUBLE)
        late = NOW + MINUTE if number == OTHER else NOW + ASK_LIFETIME + MINUTE
        assert world.desk.confirm(*WHO, number, said(1, ConsentSource.CONFIRMATION), late) == []
        assert not world.may(NEWS, MOBILE)

    def test_a_stop_before_the_yes_ends_the_sign_up(self, world: World) -> None:
        self.sign_up(world, country=DOUBLE)
        world.desk.withdraw(*WHO, [NEWS], said(5, ConsentSource.KEYWORD), NOW, address=MOBILE)
        assert world.desk.confirm(*WHO, MOBILE, said(6, ConsentSource.CONFIRMATION), NOW + 6 * MINUTE) == []

    def test_nobody_has_strangers_texted_all_day(self, world: World) -> None:
        for minute in range(SIGN_UPS_A_DAY):
            assert self.sign_up(world, f"+44770090010{minute}", minute, DOUBLE) is SignUp.ASKED
        with pytest.raises(TooManySignUpsError):
            self.sign_up(world, MOBILE, 30, DOUBLE)
        assert self.sign_up(world, MOBILE, 24 * 60 + 5, DOUBLE) is SignUp.ASKED

    def test_a_form_that_is_sent_twice_asks_once(self, world: World) -> None:
        assert self.sign_up(world, country=DOUBLE) is SignUp.ASKED
        assert self.sign_up(world, minute=1, country=DOUBLE) is SignUp.REPEATED
        assert world.actions == ["asked"]


class TestTrouble:
    def test_an_address_that_bounced_is_marked_and_consent_stays(self, world: World) -> None:
        for _ in range(2):
            world.desk.hard_bounced(*WHO, Channel.EMAIL, EMAIL, NOW)
        found = world.profile.unreachable[Channel.EMAIL]
        assert (found.reason, found.address_digest) == ("bounced", address_digest("larkspur", EMAIL))
        assert world.actions == []
        assert world.profile.version == 1

    def test_a_complaint_ends_questions_and_offers_there(self, world: World) -> None:
        offers = (Purpose.MARKETING, Channel.EMAIL)
        world.desk.grant(*WHO, [offers], said(), NOW, address=EMAIL)
        complaint = said(5, ConsentSource.COMPLAINT, proof="msg_1")
        world.desk.complained(*WHO, Channel.EMAIL, EMAIL, complaint, NOW)
        assert not world.may(offers, EMAIL, OptIn.NONE)
        assert not world.may((Purpose.CHECK_IN, Channel.EMAIL), EMAIL, OptIn.NONE)
        assert world.profile.unreachable[Channel.EMAIL].reason == "complained"
        assert world.profile.standing(Purpose.MARKETING, Channel.SMS) is None


def test_somebody_who_writes_in_the_same_moment_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a withdrawal that arrives while a grant is being written
    real = world.profiles.save

    def save(profile: Profile, records: object = ()) -> None:
        monkeypatch.undo()
        world.desk.withdraw(*WHO, [OFFERS], said(5), NOW)
        real(profile, records)  # type: ignore[arg-type]

    monkeypatch.setattr(world.profiles, "save", save)
    world.desk.grant(*WHO, [OFFERS], said(1), NOW, address=MOBILE)
    assert world.actions == [ConsentAction.GRANTED, ConsentAction.WITHDRAWN]
    assert not world.may(need=OptIn.NONE)


def test_every_purpose_on_every_channel() -> None:
    assert len(places(Purpose, Channel)) == len(Purpose) * len(Channel)


class TestAfterErasure:
    def test_what_was_agreed_to_before_does_not_come_back(self, world: World) -> None:
        # Given somebody who had agreed, and was forgotten
        world.desk.grant(*WHO, [OFFERS], Said(ConsentSource.CHECKOUT, NOW, "Yes"), NOW, address=MOBILE)
        world.profiles.erase(*WHO, NOW + DAY)
        # When a form is filled in with their number, which counts for nothing by itself
        asked = Said(ConsentSource.TRACKING_PAGE, NOW + 2 * DAY, "Text me")
        double = CountryProfile.model_validate({"country": "DE", "opt_in": {"sms": {"marketing": "double"}}})
        world.desk.sign_up(*WHO, MOBILE, [Purpose.MARKETING], double, asked, NOW + 2 * DAY)
        # Then the old yes is none
        assert not world.may()

    def test_an_old_yes_that_comes_late_counts_for_nothing(self, world: World) -> None:
        world.profiles.erase(*WHO, NOW + DAY)
        world.desk.grant(
            *WHO, [OFFERS], Said(ConsentSource.IMPORT, NOW, "Yes", proof="crm"), NOW + 2 * DAY, address=MOBILE
        )
        assert not world.may()

    def test_an_old_no_counts(self, world: World) -> None:
        world.profiles.erase(*WHO, NOW + DAY)
        world.desk.withdraw(*WHO, [OFFERS], Said(ConsentSource.IMPORT, NOW, proof="crm"), NOW + 2 * DAY)
        assert not world.may(need=OptIn.NONE)

    def test_what_was_asked_for_before_is_not_confirmed_after(self, world: World) -> None:
        said = Said(ConsentSource.TRACKING_PAGE, NOW, "Text me")
        world.desk.sign_up(*WHO, MOBILE, [Purpose.SERVICE], DOUBLE, said, NOW)
        world.profiles.erase(*WHO, NOW + MINUTE)
        yes = Said(ConsentSource.CONFIRMATION, NOW + 2 * MINUTE, proof="in-1")
        assert world.desk.confirm(*WHO, MOBILE, yes, NOW + 2 * MINUTE) == []
