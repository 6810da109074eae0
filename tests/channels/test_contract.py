"""What every provider keeps to: handed over once, our own errors, no address in any of them."""

import pytest

from porchlight.channels.kit import Kit
from porchlight.channels.registry import channel_of, provider, provider_ids
from porchlight.domain.channels import Channel
from porchlight.errors import (
    NO_ANSWER,
    THROTTLED,
    AddressRefusedError,
    PermanentProviderError,
    PorchlightError,
    TransientError,
)
from porchlight.reaching import PushContent, TextContent
from tests.channels.benches import NOW, Bench, bench, outgoing
from tests.fakes import FakeSecrets

every_provider = pytest.mark.parametrize("provider_id", provider_ids())
NO_TAGS = {"sns_sms"}
"""Those that cannot carry our id, which their documentation says."""
TOLD_LATER = {"ses", "aws_whatsapp"}
"""Those that learn of bad addresses after they have taken the message."""


def channel(provider_id: str) -> Channel:
    found = channel_of(provider_id)
    assert found is not None
    return found


def trouble(made: Bench, what: str, provider_id: str) -> PorchlightError:
    message = outgoing(channel(provider_id))
    with pytest.raises(PorchlightError) as caught:
        made.ask(what, message)
    for secret in (message.to, *message.keys.values(), "Larkspur: today", "It comes", "<p>"):
        assert secret not in f"{caught.value} {caught.value.detail}"
    return caught.value


def test_every_channel_has_a_provider() -> None:
    assert {channel_of(one) for one in provider_ids()} == set(Channel)
    assert provider_ids(Channel.EMAIL) == ("ses", "smtp")
    assert channel_of("pigeon") is None


def test_a_stranger_is_no_provider() -> None:
    with pytest.raises(PermanentProviderError) as caught:
        provider("pigeon", Kit(FakeSecrets(), lambda: NOW, lambda: None))  # type: ignore[arg-type, return-value]
    assert caught.value.problem == "not-set-up"


@every_provider
def test_what_is_taken_has_an_id_and_was_asked_once(provider_id: str) -> None:
    with bench(provider_id) as made:
        assert made.ask("taken", outgoing(channel(provider_id)))
        assert len(made.asked) == 1


@every_provider
def test_our_own_id_goes_along(provider_id: str) -> None:
    # Given a message that a report may be about some day, or that may come twice
    with bench(provider_id) as made:
        made.ask("taken", outgoing(channel(provider_id), message_id="msg_first"))
        made.ask("taken", outgoing(channel(provider_id), message_id="msg_other"))
    # Then what is asked names it, in the clear or (to a stranger) in a way that tells it from another one
    first, other = made.asked
    if provider_id == "vapid":
        assert first.partition("'topic': ")[2][:34] != other.partition("'topic': ")[2][:34]
    else:
        assert ("msg_first" in first, "msg_other" in other) == (provider_id not in NO_TAGS,) * 2


@every_provider
@pytest.mark.parametrize(
    ("what", "kind", "problem"),
    [
        ("throttled", TransientError, THROTTLED),
        ("down", TransientError, "try-again"),
        ("silent", TransientError, NO_ANSWER),
        ("refused", PermanentProviderError, "provider-refused"),
    ],
)
def test_troubles_are_told_apart(provider_id: str, what: str, kind: type[PorchlightError], problem: str) -> None:
    with bench(provider_id) as made:
        caught = trouble(made, what, provider_id)
        assert (type(caught), caught.problem) == (kind, problem)
        assert len(made.asked) == 1


@every_provider
def test_an_error_of_the_providers_own_leaves_doubt_unless_the_message_was_not_yet_given(provider_id: str) -> None:
    with bench(provider_id) as made:
        caught = trouble(made, "failed", provider_id)
        assert type(caught) is TransientError
        assert caught.problem == ("try-again" if provider_id == "smtp" else NO_ANSWER)


@pytest.mark.parametrize("provider_id", sorted(set(provider_ids()) - TOLD_LATER))
def test_an_address_that_takes_nothing_is_told_from_a_provider_that_refuses(provider_id: str) -> None:
    with bench(provider_id) as made:
        assert type(trouble(made, "no_address", provider_id)) is AddressRefusedError


@every_provider
def test_content_of_another_channel_is_refused(provider_id: str) -> None:
    other = TextContent(text="x") if channel(provider_id) is not Channel.SMS else PushContent(title="", body="", url="")
    with bench(provider_id) as made, pytest.raises(PermanentProviderError) as caught:
        made.ask("taken", outgoing(channel(provider_id), content=other))
    assert caught.value.problem == "wrong-content"


@pytest.mark.parametrize("provider_id", ["smtp", "vapid"])
@pytest.mark.parametrize("stored", [{}, {"channels/x": {}}, {"default": {"host": "h"}}, {"default": "text"}])
def test_without_its_secret_a_provider_is_not_set_up(provider_id: str, stored: dict[str, object]) -> None:
    name = f"channels/{provider_id}"
    secrets = FakeSecrets(**({name: stored} if stored else {}))
    made = provider(provider_id, Kit(secrets, lambda: NOW, lambda: None))  # type: ignore[arg-type, return-value]
    with pytest.raises(PermanentProviderError) as caught:
        made.send(outgoing(channel(provider_id)))
    assert caught.value.problem == "not-set-up"
