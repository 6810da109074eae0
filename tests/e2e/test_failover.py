"""A second provider: it takes over where the first surely did not take a message, and somebody is told."""

import json
from collections.abc import Iterator

import pytest

from local.demo.credentials import STAGE
from local.demo.mail_server import MailServer
from local.phones import Trouble
from porchlight.domain.moments import Moment
from tests.e2e.peers import Peer, lose_answer, pass_on, refuse
from tests.e2e.test_reaching import bought, prefer, sign_up, texts, zone_at
from tests.e2e.world import FJORDHUS, World

SHUT = refuse(503, "ServiceUnavailable")


@pytest.fixture
def server(world: World) -> Iterator[MailServer]:
    """The brand's second mail provider, and its secret."""
    name = f"porchlight/{STAGE}/channels/smtp"
    with MailServer() as found:
        secrets = world.client("secretsmanager")
        text = json.dumps({FJORDHUS: found.account})
        try:
            secrets.create_secret(Name=name, SecretString=text)
        except secrets.exceptions.ResourceExistsException:
            secrets.put_secret_value(SecretId=name, SecretString=text)
        yield found


@pytest.fixture
def ses(world: World, server: MailServer) -> Iterator[Peer]:
    """Somebody between us and SES; its function is new, and reads the secret anew."""
    with (
        Peer(world.running.cloud.endpoint) as peer,
        world.with_environment("SendMessage", AWS_ENDPOINT_URL_SESV2=peer.url),
    ):
        yield peer


def test_a_second_provider_takes_over_and_the_alarm_goes_off(world: World, server: MailServer, ses: Peer) -> None:
    # Given that SES takes nothing for now
    ses.rule = refuse(429, "TooManyRequestsException")
    # When there is something to tell
    order = world.order(FJORDHUS)
    world.place(order)
    record = world.await_message(order, Moment.ORDER_CONFIRMED)
    # Then it went the other way, once, at the first try, and the record says by whom
    assert (record.provider, record.attempt) == ("smtp", 1)
    assert record.provider_id == f"<{record.message_id}@fjordhus.example>"
    assert [mail.recipient for mail in server.taken] == [order.email]
    assert world.emails(order) == []
    world.awaited(lambda: world.counted("ChannelFailovers", channel="email", provider="ses") >= 1, "it is counted")
    world.awaited(lambda: world.alarm("ChannelFailsOver") == "ALARM", "the alarm goes off")


def test_silence_is_followed_by_nobody(world: World, server: MailServer, ses: Peer) -> None:
    # Given that SES takes a message, and its answer is lost
    ses.plan = [lose_answer()]
    order = world.order(FJORDHUS)
    world.place(order)
    # Then SES's own report settles it, and the second provider never hears of it
    record = world.await_message(order, Moment.ORDER_CONFIRMED)
    assert record.attempt == 1
    assert len(world.emails(order)) == 1
    assert server.taken == []


def test_a_provider_that_fails_is_left_alone_and_asked_again_later(world: World, server: MailServer, ses: Peer) -> None:
    # Given that SES is down
    ses.rule = SHUT
    orders = [world.order(FJORDHUS) for _ in range(10)]
    for order in orders:
        world.place(order)
        world.await_message(order, Moment.ORDER_CONFIRMED)
    # Then it was asked until that was clear, all went the other way, each once, and somebody is told
    assert 1 <= ses.calls <= 5, "the minute before may have had failures of its own"
    assert sorted(mail.recipient for mail in server.taken) == sorted(order.email for order in orders)
    world.awaited(lambda: world.alarm("ProviderShut") == "ALARM", "the alarm goes off")
    # When it is well again, and its time is over
    ses.rule = pass_on
    world.travel(minutes=2)
    after = world.order(FJORDHUS)
    world.place(after)
    # Then it has the messages again
    assert world.await_message(after, Moment.ORDER_CONFIRMED).provider == "ses"
    assert len(world.emails(after)) == 1


def test_a_text_goes_the_second_way_where_the_first_is_too_busy(world: World) -> None:
    # Given a shopper who has asked for texts, at noon, and a first way that takes none just now
    number, order = "+15032281399", bought(world)
    sign_up(world, order, number)
    prefer(world, order, channels=["sms", "email"], zone=zone_at(world, 12))
    world.quiet()
    before, world.running.phones.plan = len(texts(world, number)), [Trouble(400, "ThrottlingException")]
    # When there is something to tell
    world.ship(order)
    world.scan(order, "accepted")
    record = world.await_message(order, Moment.SHIPPED)
    # Then SNS takes it, in the brand's role, and the first way never has it
    assert (record.channel, record.provider, record.attempt) == ("sms", "sns_sms", 1)
    assert texts(world, number)[before:] == []
    world.awaited(lambda: world.counted("ChannelFailovers", channel="sms", provider="aws_sms") >= 1, "it is counted")
