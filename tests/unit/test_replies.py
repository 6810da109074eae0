"""Replies of shoppers: STOP stops whatever its language, everything else reaches a person, nothing happens twice."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.channels.email.mime import mime
from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentSource, OptIn
from porchlight.domain.consent_rules import allowed
from porchlight.domain.countries import CountryProfile
from porchlight.domain.keywords import _WORDS, Keyword, keyword, plain
from porchlight.domain.mails import received_mail
from porchlight.domain.orders import Shopper
from porchlight.domain.preferences import Preferences, Unreachable, address_digest
from porchlight.domain.replies import Reply, replies
from porchlight.errors import NotFoundError, TransientError
from porchlight.reaching import EmailContent, Outgoing, TextContent
from porchlight.services.consent import ConsentDesk, Said
from porchlight.services.experiments import Laboratory
from porchlight.services.hear_contacts import ContactLog
from porchlight.services.receive_mail import MOST_BYTES, MailDesk
from porchlight.services.receive_reply import ReplyDesk
from porchlight.services.support import FORWARDED, Support
from porchlight.services.texting import Texts
from tests.fakes import FakeBrands, FakeMetrics, FakeOrders, FakeRenderer
from tests.fakes_reaching import FakeCourier, FakeExperiments, FakeProfiles, FakeReplies
from tests.unit.speaking import LANGUAGES, all_words
from tests.unit.stories import NOW, brand, order

MOBILE, OURS = "+447400123456", "+447400999999"
MINUTE = timedelta(minutes=1)
ORIGINAL = b"From: Ada <ada@x.example>\r\n\r\nWhere is my shirt?"


def leaves(words: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a language with its place."""
    if isinstance(words, str):
        yield name, words
    elif isinstance(words, dict):
        for key, value in words.items():
            yield from leaves(value, f"{name}.{key}")


class TestKeywords:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            *(("STOP", Keyword.STOP), ("stop", Keyword.STOP), (" Stop! ", Keyword.STOP), ("“stop”.", Keyword.STOP)),
            *(("S T O P", Keyword.STOP), ("Stop all", Keyword.STOP), ("ＳＴＯＰ", Keyword.STOP)),
            *(("Arrêt", Keyword.STOP), ("ARRET", Keyword.STOP), ("dừng", Keyword.STOP), ("DUNG", Keyword.STOP)),
            *(("หยุด", Keyword.STOP), ("ストップ", Keyword.STOP), ("توقف", Keyword.STOP), ("rezygnuję", Keyword.STOP)),
            *(("start", Keyword.START), ("Bắt đầu", Keyword.START), ("bat dau", Keyword.START)),
            *(("help", Keyword.HELP), ("Hilfe!", Keyword.HELP), ("info", Keyword.HELP)),
            *(("YES", Keyword.YES), ("Sí", Keyword.YES), ("Đồng ý", Keyword.YES), ("はい", Keyword.YES)),
            *(("please don't stop by before noon", None), ("STOP it is broken", None), ("", None), ("🙂", None)),
            *(("stop" * 20, None), ("no", None)),
        ],
    )
    def test_a_word_is_one_only_if_it_is_all_of_the_message(self, text: str, expected: Keyword | None) -> None:
        assert keyword(text) is expected

    def test_no_word_means_two_things(self) -> None:
        meant = {one: {plain(word) for word in words.split(";")} for one, words in _WORDS.items()}
        for first, second in combinations(Keyword, 2):
            assert not meant[first] & meant[second]
        assert all(all(words) for words in meant.values())

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_texts_ask_for_words_that_are_understood(self, language: str) -> None:
        """Given what the words of a language tell shoppers to reply, then it is what English tells, and is obeyed."""
        named = re.compile(rf"(?<![A-Za-z])({'|'.join(one.name for one in Keyword)})(?![A-Za-z])")
        asked = {name: set(named.findall(text)) for name, text in leaves(all_words()["en"])}
        assert sum(map(bool, asked.values())) > 5
        for name, text in leaves(all_words()[language]):
            assert set(named.findall(text)) == asked[name], f"{language} {name}: {text}"
        for word in set().union(*asked.values()):
            assert keyword(word) is Keyword[word]

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            *(("ar", "إيقاف مساعدة نعم"), ("de", "Stopp Hilfe Ja"), ("en", "Stop Help Yes"), ("es", "Alto Ayuda Sí")),
            *(("fr", "Arrêt Aide Oui"), ("id", "Berhenti Bantuan Ya"), ("it", "Ferma Aiuto Sì")),
            *(("ja", "停止 ヘルプ はい"), ("nl", "Stoppen Hulp Ja"), ("pl", "Rezygnuję Pomoc Tak")),
            *(("pt-BR", "Parar Ajuda Sim"), ("th", "หยุด ช่วยเหลือ ใช่"), ("vi", "Dừng Trợ\u00a0giúp Có")),
        ],
    )
    def test_who_answers_in_their_own_language_is_understood(self, language: str, words: str) -> None:
        assert language in LANGUAGES
        assert [keyword(word) for word in words.split(" ")] == [Keyword.STOP, Keyword.HELP, Keyword.YES]

    @given(st.text(max_size=300))
    def test_any_text_is_read(self, text: str) -> None:
        assert keyword(text) in (None, *Keyword)


class TestReading:
    def test_an_sms(self) -> None:
        sms = {
            "originationNumber": MOBILE,
            "destinationNumber": OURS,
            "messageKeyword": "KEYWORD_1",
            "messageBody": "Hi",
        }
        (found,) = replies({**sms, "inboundMessageId": "in-1", "previousPublishedMessageId": "out-1"}, NOW)
        assert found == Reply(Channel.SMS, "in-1", MOBILE, OURS, "Hi", NOW)

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            ({"type": "text", "text": {"body": "Hi"}}, "Hi"),
            ({"type": "button", "button": {"text": "STOP", "payload": "x"}}, "STOP"),
            ({"type": "interactive", "interactive": {"button_reply": {"id": "1", "title": "STOP"}}}, "STOP"),
            ({"type": "image", "image": {"caption": "Broken", "id": "9"}}, "Broken"),
            ({"type": "audio", "audio": {"id": "9"}}, "[audio]"),
        ],
    )
    def test_a_whatsapp_message(self, content: dict[str, Any], text: str) -> None:
        (found,) = replies(
            whatsapp({"from": "447400123456", "id": "wamid.1", "timestamp": "1772452800", **content}), NOW
        )
        at = datetime.fromtimestamp(1772452800, UTC)
        assert found == Reply(Channel.WHATSAPP, "wamid.1", MOBILE, "976c", text, at)

    @pytest.mark.parametrize("timestamp", [None, "soon", "1e400", str(10**20), "-5", "4102444800"])
    def test_a_clock_that_cannot_be_is_not_believed(self, timestamp: Any) -> None:
        (found,) = replies(whatsapp({"from": "447400123456", "id": "1", "timestamp": timestamp}), NOW)
        assert found.at == NOW

    @pytest.mark.parametrize(
        "message",
        [
            {"eventType": "TEXT_DELIVERED", "messageId": "1"},
            {"whatsAppWebhookEntry": "no json"},
            {"whatsAppWebhookEntry": "[]"},
            {"whatsAppWebhookEntry": json.dumps({"changes": [{"value": {"statuses": [{"id": "1"}]}}, 7, {}]})},
            {"notificationType": "Received"},
        ],
    )
    def test_reports_of_other_things_are_passed_over(self, message: dict[str, Any]) -> None:
        assert list(replies(message, NOW)) == []

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=9),
            lambda v: (
                st.lists(v, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["changes", "value", "messages", "metadata", "id", "from", "type", "text", "timestamp"]
                    ),
                    v,
                    max_size=4,
                )
            ),
            max_leaves=20,
        )
    )
    def test_whatever_whatsapp_sends(self, entry: Any) -> None:
        list(replies({"whatsAppWebhookEntry": json.dumps(entry), "context": entry}, NOW))


def whatsapp(message: dict[str, Any]) -> dict[str, Any]:
    arn = "arn:aws:social-messaging:eu-central-1:1:phone-number-id/976c"
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "55"}, "messages": [message]}
    entry = {"id": "1", "changes": [{"value": value, "field": "messages"}]}
    return {
        "context": {"MetaPhoneNumberIds": [{"metaPhoneNumberId": "55", "arn": arn}]},
        "whatsAppWebhookEntry": json.dumps(entry),
    }


def shop() -> BrandConfig:
    values = brand().model_dump(mode="json")
    values["outreach"] = {
        "providers": {one: {"providers": ["aws"]} for one in ("email", "sms", "whatsapp")},
        "sms": {"origination": {"default": "pool-1"}, "numbers": [OURS]},
        "whatsapp": {"phone_number_id": "phone-number-id-976c"},
    }
    return BrandConfig.model_validate(values)


class Bucket:
    def __init__(self) -> None:
        self.kept = {"replies/1": ORIGINAL, "replies/big": b"x" * (MOST_BYTES + 1)}

    def get(self, key: str) -> bytes:
        assert key, "S3 takes no such key"
        if key not in self.kept:
            raise NotFoundError
        return self.kept[key]


class World:
    def __init__(self) -> None:
        orders = FakeOrders()
        for number, shopper_id in enumerate(("cus_1", "cus_2")):
            made = order(order_id=f"ord_{number}", shopper_id=shopper_id)
            orders.save(made, Shopper(brand="larkspur", shopper_id=shopper_id, phone=MOBILE, language="de"))
        self.profiles, self.metrics, self.courier, self.known = (
            FakeProfiles(orders),
            FakeMetrics(),
            FakeCourier(),
            FakeReplies(),
        )
        self.consent, support = ConsentDesk(self.profiles, self.metrics), Support(self.courier)
        self.orders, self.brands = orders, FakeBrands(shop())
        brands, texts = self.brands, Texts(self.courier, FakeRenderer(), self.metrics)
        self.experiments = FakeExperiments()
        log = ContactLog(self.profiles, Laboratory(self.experiments, self.profiles), self.metrics)
        self.desk = ReplyDesk(self.consent, brands, self.known, texts, support, log, self.metrics)
        self.mail = MailDesk(brands, self.known, Bucket(), support, log, self.metrics)
        self.count = 0

    def sms(
        self, text: str, minute: int = 0, *, reply_id: str = "", channel: Channel = Channel.SMS, **update: str
    ) -> str:
        self.count += 1
        receiver = update.get("receiver", OURS if channel is Channel.SMS else "976c")
        at = NOW + minute * MINUTE
        reply = Reply(channel, reply_id or f"in-{self.count}", update.get("sender", MOBILE), receiver, text, at)
        return self.desk.take(reply, at)

    def sign_up(self) -> None:
        needs = {"sms": {"service": "double", "check_in": "double", "marketing": "double"}}
        germany = CountryProfile.model_validate({"country": "DE", "opt_in": needs})
        said = Said(ConsentSource.TRACKING_PAGE, NOW, "Text me")
        self.consent.sign_up("larkspur", "cus_1", MOBILE, [Purpose.SERVICE], germany, said, NOW)

    def may(
        self, purpose: Purpose, shopper_id: str = "cus_1", channel: Channel = Channel.SMS, need: OptIn = OptIn.NONE
    ) -> bool:
        standing = self.profiles.get("larkspur", shopper_id).standing(purpose, channel)
        return allowed(channel, need, standing, address_digest("larkspur", MOBILE)).allowed

    @property
    def texts(self) -> list[str]:
        return [one.content.text for one in self.courier.sent if isinstance(one.content, TextContent)]

    @property
    def emails(self) -> list[Outgoing]:
        return [one for one in self.courier.sent if one.channel is Channel.EMAIL]


@pytest.fixture
def world() -> World:
    return World()


class TestWords:
    def test_stop_ends_everything_on_that_channel_for_everybody_with_the_number_and_is_answered_once(
        self, world: World
    ) -> None:
        assert world.sms("Stopp!", reply_id="in-7") == "stop"
        for shopper_id in ("cus_1", "cus_2"):
            assert not any(world.may(purpose, shopper_id) for purpose in Purpose)
            assert world.may(Purpose.SERVICE, shopper_id, Channel.WHATSAPP)
            proofs = {(one.source.value, one.proof) for one in world.profiles.ledger("larkspur", shopper_id)}
            assert proofs == {("keyword", "in-7")}
        assert world.texts == ["sms.stopped"]
        assert world.courier.sent[0].to == MOBILE

    def test_the_same_reply_twice_is_one(self, world: World) -> None:
        assert [world.sms("STOP", reply_id="in-1") for _ in range(3)] == ["stop", "known", "known"]
        assert world.texts == ["sms.stopped"]

    def test_a_reply_whose_answer_failed_has_counted_all_the_same(self, world: World) -> None:
        world.courier.fails = [TransientError()]
        assert world.sms("STOP") == "stop"
        assert not world.may(Purpose.SERVICE)

    def test_machines_that_answer_each_other_come_to_an_end(self, world: World) -> None:
        # Given a phone that answers every SMS with a word
        words = (("STOP", ["sms.stopped"]), ("INFO", ["sms.help"]), ("START", ["sms.started"]))
        for hour, (word, answers) in enumerate(words):
            world.courier.sent.clear()
            for minute in range(0, 50, 7):
                assert world.sms(word, 60 * hour + minute) in ("stop", "help", "start")
            # Then it has one answer
            assert world.texts == answers

    def test_a_word_that_comes_too_late_to_count_is_not_answered(self, world: World) -> None:
        for word, minute in (("STOP", 9), ("START", 5)):
            world.sms(word, minute)
        assert world.texts == ["sms.stopped"], "and they are not told that they get news again"

    def test_who_starts_again_and_stops_again_is_answered_again(self, world: World) -> None:
        for minute, word in enumerate(("STOP", "START", "STOP", "START")):
            world.sms(word, minute)
        assert world.texts == ["sms.stopped", "sms.started"] * 2

    def test_start_brings_news_of_orders_back_and_no_offers(self, world: World) -> None:
        digest = address_digest("larkspur", MOBILE)
        refused = {Channel.SMS: Unreachable(reason="stopped", address_digest=digest, at=NOW)}
        profile = world.profiles.get("larkspur", "cus_1")
        off = Preferences(off=frozenset({Purpose.SERVICE}))
        world.profiles.save(profile.model_copy(update={"unreachable": refused, "preferences": off, "version": 1}))
        world.sms("STOP")
        assert world.sms("start", 5) == "start"
        assert world.may(Purpose.SERVICE, need=OptIn.DOUBLE), "the number itself has said so"
        assert not world.may(Purpose.MARKETING)
        after = world.profiles.get("larkspur", "cus_1")
        assert not after.unreachable
        assert not after.preferences.off
        assert world.texts == ["sms.stopped", "sms.started"]

    def test_a_stop_that_comes_late_does_not_undo_a_newer_start(self, world: World) -> None:
        world.sms("START", 5)
        world.sms("STOP", 1)
        assert world.may(Purpose.SERVICE, need=OptIn.SINGLE)

    def test_start_is_no_yes_to_offers_that_were_signed_up_for(self, world: World) -> None:
        # Given offers that wait for a YES
        needs = {"sms": {"marketing": "double"}}
        germany = CountryProfile.model_validate({"country": "DE", "opt_in": needs})
        said = Said(ConsentSource.TRACKING_PAGE, NOW, "Offers")
        world.consent.sign_up("larkspur", "cus_1", MOBILE, [Purpose.MARKETING], germany, said, NOW)
        # When START comes instead
        world.sms("START", 5)
        # Then news of orders come, and no offers before the YES
        assert world.may(Purpose.SERVICE, need=OptIn.DOUBLE)
        assert not world.may(Purpose.MARKETING, need=OptIn.SINGLE)
        assert world.sms("YES", 6) == "yes"
        assert world.may(Purpose.MARKETING, need=OptIn.DOUBLE)

    def test_stop_counts_for_every_brand_that_writes_from_that_number(self) -> None:
        # Given two brands with one number
        world = World()
        second = shop().model_copy(update={"brand_id": "fjordhus"})
        world.brands.brands["fjordhus"] = second
        theirs = Shopper(brand="fjordhus", shopper_id="cus_9", phone=MOBILE)
        world.orders.save(order(brand="fjordhus", order_id="ord_9", shopper_id="cus_9"), theirs)
        # When somebody sends STOP to it
        assert world.sms("STOP", reply_id="in-1") == "stop"
        assert world.sms("STOP", reply_id="in-1") == "known"
        # Then neither writes to them
        for brand_id, shopper_id in (("larkspur", "cus_1"), ("fjordhus", "cus_9")):
            standing = world.profiles.get(brand_id, shopper_id).standing(Purpose.SERVICE, Channel.SMS)
            assert standing
            assert standing.action == "withdrawn"
        # And what is for a person goes to a brand that knows them
        world.sms("Where is it?", sender=MOBILE)
        assert [one.brand for one in world.emails] == ["larkspur"]

    def test_what_a_brand_that_shares_its_number_does_not_know_goes_to_one_that_does(self) -> None:
        world = World()
        world.brands.brands["fjordhus"] = shop().model_copy(update={"brand_id": "fjordhus"})
        number = "+447400123999"
        theirs = Shopper(brand="fjordhus", shopper_id="cus_9", phone=number)
        world.orders.save(order(brand="fjordhus", order_id="ord_9", shopper_id="cus_9"), theirs)
        assert world.sms("Where is it?", sender=number) == "passed_on"
        assert [one.brand for one in world.emails] == ["fjordhus"]

    def test_help_is_answered_in_the_shoppers_language(self, world: World) -> None:
        assert world.sms("HELP") == "help"
        assert world.texts == ["sms.help"]

    def test_yes_confirms_what_was_asked(self, world: World) -> None:
        world.sign_up()
        assert not world.may(Purpose.SERVICE, need=OptIn.SINGLE)
        assert world.sms("Ja", 5) == "yes"
        assert world.may(Purpose.SERVICE, need=OptIn.DOUBLE)
        assert world.texts == ["sms.started"]

    def test_yes_to_nothing_is_for_a_person(self, world: World) -> None:
        assert world.sms("yes") == "passed_on"
        assert len(world.emails) == 1

    def test_whatsapp_is_obeyed_and_answered_by_nobody(self, world: World) -> None:
        assert world.sms("STOP", channel=Channel.WHATSAPP) == "stop"
        assert not world.may(Purpose.SERVICE, channel=Channel.WHATSAPP)
        assert world.may(Purpose.SERVICE, channel=Channel.SMS)
        assert world.sms("HELP", 1, channel=Channel.WHATSAPP) == "passed_on"
        assert world.texts == []

    def test_a_word_of_somebody_unknown_changes_nothing(self, world: World) -> None:
        assert world.sms("STOP", sender="+447400000000") == "stop"
        assert world.texts == []


class TestPassingOn:
    def test_whatever_is_no_word_reaches_the_brands_people(self, world: World) -> None:
        text = "Where is <b>it</b>?\nAda"
        assert world.sms(text) == "passed_on"
        (email,) = world.emails
        assert email.to == shop().sender.reply_to
        assert isinstance(email.content, EmailContent)
        assert MOBILE in email.content.subject
        assert text in email.content.text
        assert "<b>" not in email.content.html
        assert "cus_1, cus_2" in email.content.text
        assert email.content.headers["Auto-Submitted"] == "auto-generated"
        assert world.metrics.total("Replies", channel="sms", outcome="passed_on") == 1

    def test_what_could_not_be_passed_on_comes_again(self, world: World) -> None:
        world.courier.fails = [TransientError()]
        with pytest.raises(TransientError):
            world.sms("Hello?", reply_id="in-1")
        assert world.sms("Hello?", reply_id="in-1") == "passed_on"
        assert world.sms("Hello?", reply_id="in-1") == "known"
        assert len(world.emails) == 1
        assert world.metrics.total("Contacts", channel="sms", topic="unsaid") == 1

    def test_a_word_is_no_contact(self, world: World) -> None:
        for word in ("STOP", "HELP", "START"):
            world.sms(word)
        assert not world.metrics.total("Contacts", channel="sms", topic="unsaid")

    @pytest.mark.parametrize("update", [{"receiver": "+15550000000"}, {"receiver": ""}, {"sender": "PAYPAL"}])
    def test_strays(self, world: World, update: dict[str, str]) -> None:
        assert world.sms("STOP", **update) == "stray"
        assert not world.courier.sent


def mail(**update: Any) -> dict[str, Any]:
    headers = [{"name": "Subject", "value": "Re: Shipped"}, *update.get("headers", [])]
    return {
        "notificationType": "Received",
        "mail": {
            "messageId": update.get("mail_id", "ses-1"),
            "source": update.get("source", "ada@x.example"),
            "headers": headers,
            "commonHeaders": {
                "from": [update.get("from", "Ada <ada@x.example>")],
                "subject": update.get("subject", "Re: Shipped\r\nBcc: x"),
            },
        },
        "receipt": {
            "recipients": update.get("recipients", ["A@larkspur.example"]),
            "spamVerdict": {"status": update.get("spam", "PASS")},
            "virusVerdict": {"status": update.get("virus", "PASS")},
            "action": {"type": "S3", "bucketName": "b", "objectKey": update.get("key", "replies/1")},
        },
    }


class TestMail:
    def take(self, world: World, **update: Any) -> str:
        found = received_mail(mail(**update), FORWARDED)
        assert found
        return world.mail.take(found, NOW)

    def test_it_is_passed_on_whole_and_can_be_answered(self, world: World) -> None:
        assert self.take(world) == "passed_on"
        (email,) = world.emails
        assert (email.to, email.reply_to) == ("b@larkspur.example", "ada@x.example")
        assert isinstance(email.content, EmailContent)
        assert email.content.attached == ORIGINAL
        assert email.content.subject == "Re: Shipped Bcc: x"
        assert FORWARDED in email.content.headers

    @pytest.mark.parametrize("sender", ["];@", "Ada <ada@@x.example>", "@", "ada@" + "x" * 400])
    def test_a_sender_that_can_be_none_is_passed_on_all_the_same(self, world: World, sender: str) -> None:
        assert self.take(world, **{"from": sender}) == "passed_on"
        assert mime(world.emails[0])
        assert world.emails[0].reply_to == shop().sender.reply_to

    def test_an_email_of_which_nothing_was_kept_is_announced(self, world: World) -> None:
        assert self.take(world, key="") == "passed_on"
        assert isinstance(world.emails[0].content, EmailContent)
        assert "not kept" in world.emails[0].content.text

    def test_the_original_goes_along_as_a_file(self, world: World) -> None:
        self.take(world)
        made = message_from_bytes(mime(world.emails[0]), policy=default)
        (attached,) = made.iter_attachments()
        assert (attached.get_filename(), attached.get_content()) == ("original.eml", ORIGINAL)
        body = made.get_body(("plain",))
        assert body
        assert "A shopper answered" in body.get_content()

    def test_once(self, world: World) -> None:
        assert [self.take(world) for _ in range(2)] == ["passed_on", "known"]
        assert len(world.emails) == 1
        assert world.metrics.total("Contacts", channel="email", topic="unsaid") == 1

    @pytest.mark.parametrize(
        ("update", "outcome"),
        [
            ({"virus": "FAIL"}, "virus"),
            ({"spam": "FAIL"}, "spam"),
            ({"headers": [{"name": "Auto-Submitted", "value": "auto-replied; x"}]}, "automatic"),
            ({"headers": [{"name": "Precedence", "value": "Bulk"}]}, "automatic"),
            ({"headers": [{"name": FORWARDED.lower(), "value": "1"}]}, "automatic"),
            ({"source": "<>"}, "automatic"),
            ({"from": "Larkspur <a@larkspur.example>"}, "own"),
            ({"recipients": ["a@larkspur.example", "b@larkspur.example"]}, "own"),
            ({"recipients": ["x@elsewhere.example"]}, "stray"),
        ],
    )
    def test_nothing_goes_in_circles(self, world: World, update: dict[str, Any], outcome: str) -> None:
        assert self.take(world, **update) == outcome
        assert not world.emails

    @pytest.mark.parametrize(("key", "words"), [("replies/big", "too large"), ("replies/gone", "not kept")])
    def test_what_cannot_be_attached_is_said(self, world: World, key: str, words: str) -> None:
        assert self.take(world, key=key) == "passed_on"
        (email,) = world.emails
        assert isinstance(email.content, EmailContent)
        assert words in email.content.text
        assert not email.content.attached

    def test_a_person_who_says_no_to_automatic_is_one(self, world: World) -> None:
        assert self.take(world, headers=[{"name": "Auto-Submitted", "value": "no"}]) == "passed_on"
