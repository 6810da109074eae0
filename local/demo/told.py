"""How messages of the demo stand, in words of the story and as rows of a table."""

from collections.abc import Iterator, Mapping, Sequence

from local.demo.people import CHOOSE, ORDERS
from local.demo.story import HELD
from local.inbox import Inbox
from local.running import Running
from porchlight.domain.addresses import phone_number
from porchlight.domain.channels import Channel
from porchlight.domain.fanout.reasons import HELD as WAITED
from porchlight.domain.messages import Hold, MessageRecord, MessageState
from porchlight.domain.moments import Moment
from porchlight.services.explain_messages import outcome

Messages = Mapping[str, Sequence[MessageRecord]]
"""By whose order it is."""


def standing(message: MessageRecord) -> str:
    """As chapters have it: ``sent`` is by email, other channels are named; ``held`` waits for its hour."""
    if message.state is MessageState.PLANNED and message.not_before:
        return HELD
    by_email = message.state is not MessageState.SENT or message.channel == Channel.EMAIL
    return message.state.value if by_email else f"{message.state.value} by {message.channel}"


def waited(message: MessageRecord) -> bool:
    """True where it was held for a better hour, or for others to join it."""
    return message.held_for not in (None, Hold.FOLLOW_UP)


def chosen(messages: Messages) -> list[dict[str, object]]:
    """What became of the news of those who want it otherwise, and where to ask why."""
    return [
        {
            "shopper": ORDERS[who].name,
            "moment": one.moment.value.replace("_", " "),
            "channel": one.channel,
            "outcome": outcome(one),
            "waited for": WAITED[one.held_for].partition(",")[0] if one.held_for else "",
            "why": f"porchlight explain {one.shipment_id or one.order_id}",
        }
        for who, one in _news(messages)
    ]


def _news(messages: Messages) -> Iterator[tuple[str, MessageRecord]]:
    moments = list(Moment)
    for who in CHOOSE:
        told = sorted(messages[who], key=lambda one: (moments.index(one.moment), one.state is MessageState.MERGED))
        for one in told:
            if one.moment is not Moment.ORDER_CONFIRMED:
                yield who, one


def not_as_chosen(running: Running) -> list[str]:
    """What phones and mailboxes have of them, whatever our own records say."""
    emails = Inbox(running.cloud.endpoint).emails()
    greta, selma = ([one for one in emails if ORDERS[who].email in one.recipients] for who in ("greta", "selma"))
    texts = texts_to(running, "ada")
    orders = (ORDERS["selma"].number, ORDERS["selma_again"].number)
    gathered, digest = (" ".join(of[-1].text.split()) if len(of) == 3 else "" for of in (greta, selma))
    as_chosen = {
        "three texts to Ada: the answer to a sign-up, a parcel that left, the answer to STOP": len(texts) == 3,
        "one email to Greta about both parcels, in German": gathered.startswith("2 Pakete Ihrer Bestellung"),
        "one email to Selma about one parcel of each order": all(one in digest for one in orders)
        and "2 parcels" not in digest,
    }
    return [f"{what} was expected" for what, is_so in as_chosen.items() if not is_so]


def texts_to(running: Running, who: str) -> list[str]:
    """What the shopper's phone shows."""
    number = phone_number(ORDERS[who].mobile, "US")
    return [one.text for one in running.phones.taken if number and one.to == number.e164]
